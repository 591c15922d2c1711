"""A check with what earlier checks left behind is the check without it, and a scaled dose is the scaled dose."""

import json
from dataclasses import replace

import numpy as np
import pytest
from support import samples

from rtcheck.case import Case
from rtcheck.checking.check import check
from rtcheck.checking.kept import Kept
from rtcheck.checking.what_if.dose_scale import scaled_case
from rtcheck.dicom import read_case
from rtcheck.dosimetry.settings import EngineSettings
from rtcheck.protocol.editing.edits import Edit, edited, edits_of
from rtcheck.protocol.file.load import load_protocol
from rtcheck.protocol.names.match import Aliases

APATINIB = load_protocol("apatinib")
STOMACH = edited(APATINIB, [edit for edit in edits_of(APATINIB) if edit.base == 2])
STRICTER = edited(APATINIB, [*edits_of(APATINIB)[1:], Edit(structure="Heart | Liver", goal="Dmean < 10 Gy")])
ALIASES = Aliases({"Duodenum": ("Stomach",)})


@pytest.fixture(scope="module", params=[samples.STOMACH_FAILS, samples.INCOMPLETE], ids=lambda path: path.name)
def case(request) -> Case:
    return read_case(request.param)


def told(report) -> dict:
    """Everything that the report states, but when it was made."""
    values = report.to_dict()
    values["provenance"].pop("made")
    drawn = [(each.name, each.dvh.volume_at_least_cc.tolist()) for each in report.drawings()]
    return json.loads(json.dumps({"report": values, "drawn": drawn}, default=str))


@pytest.mark.parametrize("settings", [EngineSettings(), EngineSettings(shape="interpolated")], ids=["slabs", "between"])
def test_a_check_with_what_others_left_says_what_a_fresh_one_says(case, settings):
    kept = Kept()
    questions = [(APATINIB, None), (STRICTER, None), (APATINIB, ALIASES), (STRICTER, ALIASES)]
    if settings.shape == "interpolated":  # dear: one organ, and what stands for another
        questions = [(STOMACH, None), (edited(STOMACH, [Edit(structure="Duodenum", goal="Dmax < 50 Gy")]), ALIASES)]
    fresh = [told(check(case, protocol, aliases=aliases, settings=settings)) for protocol, aliases in questions]
    for (protocol, aliases), expected in zip([*questions, questions[0]], [*fresh, fresh[0]], strict=True):
        for asked in (None, "aliases" if aliases else "names"):  # with it results are kept, too
            kept_so = replace(kept, asked=asked)
            assert told(check(case, protocol, aliases=aliases, settings=settings, kept=kept_so)) == expected


@pytest.mark.parametrize("dose_scale", [1.0, 0.97])
def test_bands_that_were_deferred_are_those_of_a_check_that_did_not(case, dose_scale):
    kept = Kept(defers_bands=True)
    near = [replace(edit, goal="Dmean < 11 Gy") if edit.base == 0 else edit for edit in edits_of(APATINIB)]
    protocol, scaled = edited(APATINIB, near), scaled_case(case, dose_scale)
    early = check(scaled, protocol, kept=kept.at_scale(dose_scale))
    fresh = check(scaled, protocol)
    assert [each.outcome for each in early.results] == [each.outcome for each in fresh.results]
    assert all(each.measurement.low is None for each in early.results)
    waiting = list(kept.deferred.values())
    assert len(waiting) == sum(each.measurement.low is not None for each in fresh.results)
    for make in waiting:
        list(make(kept, case))
    late = check(scaled, protocol, kept=kept.at_scale(dose_scale))
    for one, other in zip(late.results, fresh.results, strict=True):
        assert (one.outcome, one.is_borderline, one.band_flips) == (
            other.outcome,
            other.is_borderline,
            other.band_flips,
        )
        assert one.measurement.low == (other.measurement.low and pytest.approx(other.measurement.low, rel=1e-5))


def test_what_is_kept_is_bounded(monkeypatch):
    monkeypatch.setattr("rtcheck.checking.kept.MOST_JOINED", 3)
    case, kept = read_case(samples.PASSES), Kept()
    for millimetres in range(1, 6):
        grown = edited(APATINIB, [Edit(structure=f"Stomach + {millimetres} mm", goal="Dmax < 90 Gy")])
        check(case, grown, kept=kept)
        assert len(kept.joined) <= 3


@pytest.mark.parametrize("dose_scale", [0.93, 1.08])
def test_a_scaled_dose_says_what_a_dose_says_that_was_planned_so(case, dose_scale):
    kept = Kept()
    check(case, APATINIB, kept=kept)
    scaled = scaled_case(case, dose_scale)
    of_kept = check(scaled, APATINIB, kept=kept.at_scale(dose_scale))
    fresh = check(scaled, APATINIB)
    assert of_kept.verdict == fresh.verdict
    for one, other in zip(of_kept.results, fresh.results, strict=True):
        assert one.outcome == other.outcome
        found, expected = one.measurement.value, other.measurement.value
        assert (found is None) == (expected is None)
        assert found is None or found == pytest.approx(expected, rel=1e-5)


def test_dose_and_prescription_scale_together_and_the_fractions_stay():
    case = read_case(samples.STOMACH_FAILS)
    scaled = scaled_case(case, 1.1)
    assert scaled.plan.prescription.dose_gy == pytest.approx(1.1 * case.plan.prescription.dose_gy)
    assert scaled.plan.fractions == case.plan.fractions
    assert np.allclose(scaled.dose.dose_gy, 1.1 * case.dose.dose_gy, rtol=1e-6)
    percent = replace(APATINIB, constraints=edited(APATINIB, [Edit(structure="PTV", goal="D95% >= 95 %")]).constraints)
    before, after = check(case, percent).results[0], check(scaled, percent).results[0]
    assert after.measurement.value == pytest.approx(before.measurement.value, rel=1e-5)


def test_a_scale_of_one_is_the_case_itself():
    case = read_case(samples.PASSES)
    assert scaled_case(case, 1.0) is case
