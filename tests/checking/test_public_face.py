"""`import rtcheck`: everything that `__all__` names is there, and nothing is imported before it is used."""

import subprocess
import sys

import pytest
from support.samples import PASSES

import rtcheck


@pytest.mark.parametrize("name", rtcheck.__all__)
def test_every_public_name_is_there(name):
    assert getattr(rtcheck, name) is not None
    assert name in dir(rtcheck)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="nothing_such"):
        _ = rtcheck.nothing_such


def test_the_import_alone_costs_nothing():
    script = "import sys, rtcheck; print({'numpy', 'yaml', 'typer', 'pydicom'} & set(sys.modules))"
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "set()"


def test_a_plan_is_checked_in_three_lines():
    case = rtcheck.read_case(PASSES)
    report = rtcheck.check(case, rtcheck.load_protocol("apatinib"))
    assert (report.verdict, report.exit_status) == ("pass", 0)


def test_a_dvh_is_had_by_name_or_expression():
    case = rtcheck.read_case(PASSES)
    liver, without = rtcheck.compute_dvh(case, "Liver"), rtcheck.compute_dvh(case, "Liver - GTV")
    gtv = rtcheck.compute_dvh(case, "GTV")
    assert without.volume_cc == pytest.approx(liver.volume_cc - gtv.volume_cc, rel=1e-3)
    with pytest.raises(rtcheck.UsageError, match="Livre"):
        rtcheck.compute_dvh(case, "Livre")


def test_a_choice_of_bands_that_there_is_not_is_a_usage_error():
    """On the command line it is `--band all`; taken as anything but True it would leave bands out silently."""
    with pytest.raises(rtcheck.UsageError, match="expected True"):
        rtcheck.check(PASSES, "apatinib", band="all")
