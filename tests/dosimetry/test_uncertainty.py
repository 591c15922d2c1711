"""The convention band: counted by hand."""

import pytest

from rtcheck.dosimetry.settings import DEFAULT_SETTINGS, EngineSettings
from rtcheck.dosimetry.uncertainty import convention_band, other_conventions

CONVENTIONS = {each.name: each for each in other_conventions(DEFAULT_SETTINGS)}


def band(value, **others):
    return convention_band(value, [(CONVENTIONS[name.replace("_", " ")], other) for name, other in others.items()])


def test_the_default_settings_have_five_other_conventions():
    four = ["no end caps", "full end caps", "the interpolated shape", "cubic dose interpolation"]
    assert list(CONVENTIONS) == [*four, "missing slices filled"]


def test_every_setting_has_five_other_conventions_that_change_one_choice():
    settings = EngineSettings(shape="interpolated", end_caps="none", dose_interpolation="cubic", gaps="filled")
    others = list(other_conventions(settings))
    assert len(others) == 5
    fields = ("shape", "end_caps", "dose_interpolation", "gaps")
    assert all(sum(getattr(each.settings, f) != getattr(settings, f) for f in fields) == 1 for each in others)


def test_changes_of_different_choices_add_up_and_of_one_choice_the_largest_counts():
    found = band(20.0, no_end_caps=20.5, full_end_caps=20.2, the_interpolated_shape=20.1)
    assert (found.low, found.high) == pytest.approx((20.0, 20.6))
    assert found.toward_high == ("no end caps", "the interpolated shape")
    assert found.toward_low == ()


def test_the_band_goes_a_third_beyond_the_cubic_dose():
    assert band(20.0, cubic_dose_interpolation=20.3).high == pytest.approx(20.4)


def test_the_band_of_a_cubic_value_goes_beyond_it_by_a_third_of_the_true_cubics_difference():
    """Four linear parts a cell lose a sixteenth of linear's error, 4/3 of d = true cubic - linear: 0.3 is 11/12 of d,
    and the truth lies d / 3 + d / 12 beyond."""
    cubic = EngineSettings(dose_interpolation="cubic")
    linear = next(each for each in other_conventions(cubic) if each.choice == "dose_interpolation")
    found = convention_band(20.3, [(linear, 20.0)])
    assert (found.low, found.high) == pytest.approx((20.0, 20.3 + 0.3 / (11 / 12) * 5 / 12))


def test_a_value_that_no_convention_changes_is_its_own_band():
    found = band(20.0, no_end_caps=20.0, cubic_dose_interpolation=20.0)
    assert (found.low, found.high) == (20.0, 20.0)
    assert convention_band(20.0, []).low == 20.0


def test_no_band_goes_below_zero_or_above_the_most_there_can_be():
    changes = [(CONVENTIONS["no end caps"], 99.8), (CONVENTIONS["cubic dose interpolation"], 99.9)]
    assert convention_band(99.5, changes, most=100.0).high == 100.0
    assert band(0.1, no_end_caps=0.02, the_interpolated_shape=0.0).low == 0.0
