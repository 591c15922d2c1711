"""What is computed ahead on several cores: the same report, and nothing is read that one core would leave alone."""

from dataclasses import replace

import numpy as np
import pytest
from support.cases import case_of, protocol_of
from support.shapes import dose_over, sphere

from rtcheck.checking.check import check

PROTOCOL = """
name: bands
constraints:
  - {structure: Heart, goal: D2% < 60 Gy}
  - {structure: Liver, goal: Dmean < 38 Gy}
  - {structure: Heart, goal: Dmean < 25 Gy}
  - {structure: [Heart, Liver], combine: together, goal: V20Gy < 50 %}
  - {structure: Rest, goal: D50% < 30 Gy}
  - {structure: Spleen, goal: Dmax < 30 Gy, fractions: 3}
structures:
  Rest: {derive: Liver - Heart}
"""


def bumpy(x, y, z):
    return 30.0 + 10.0 * np.sin(x / 9.0) * np.cos(y / 11.0) * np.cos(z / 13.0)


def report_on(tmp_path, **options):
    balls = [
        replace(sphere(9.0 + 2 * k, 3.0), name=name, number=k) for k, name in enumerate(("Heart", "Liver", "Spleen"))
    ]
    case = case_of(balls, dose_over(-40.0, 40.0, 2.5, bumpy))
    return check(case, protocol_of(tmp_path, PROTOCOL.lstrip()), **options)


@pytest.mark.parametrize("band", [True, False, "none"])
def test_a_check_on_several_cores_gives_the_same_report(tmp_path, monkeypatch, band):
    reports = []
    for cores in (1, 2, 4):
        monkeypatch.setattr("rtcheck.side_by_side._cores", lambda cores=cores: cores)
        reports.append(report_on(tmp_path, band=band))
    alone, *others = reports
    for report in others:
        assert report.verdict == alone.verdict
        assert report.notices == alone.notices
        assert report.matches == alone.matches
        assert [each.measurement for each in report.results] == [each.measurement for each in alone.results]
        assert [each.band_flips for each in report.results] == [each.band_flips for each in alone.results]


def test_the_bands_that_the_limits_need_are_there_before_they_are_checked(tmp_path, monkeypatch):
    """Each structure under each convention once, whatever the number of cores."""
    counts = []
    for cores in (1, 2):
        made = []
        monkeypatch.setattr("rtcheck.side_by_side._cores", lambda cores=cores: cores)
        monkeypatch.setattr("rtcheck.checking.evidence.compute_dvh", counting(made))
        report_on(tmp_path, band=True)
        counts.append(len(made))
    assert counts[0] == counts[1]


def counting(made):
    from rtcheck.dosimetry.dvh import compute_dvh

    def count(*args, **options):
        made.append(args)
        return compute_dvh(*args, **options)

    return count
