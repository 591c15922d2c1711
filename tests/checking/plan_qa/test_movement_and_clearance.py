"""How leaves and gantry move, and what room there is around the patient: beams and boxes worked out by hand.

A leaf goes 20 mm while the gantry turns by 10 degrees and 10 MU are given: 2 mm/deg; at 600 MU/min that takes 1 s, and
at 6 deg/s 1.67 s. The body is 120 x 100 mm around the isocentre, so that its corners are 78.1 mm from it; the couch
beneath it is 200 mm wide and ends 70 mm below it: 122.1 mm.
"""

from dataclasses import replace

import pytest
from support.known_plans import box, write_plan

from rtcheck.checking.check import check
from rtcheck.dicom import read_case
from rtcheck.errors import ProtocolError
from rtcheck.plan_facts import BeamFacts, ControlPoint, LimitingDevice
from rtcheck.protocol.file.load import load_protocol

BOXES = (
    box("PTV", 1, type="PTV", at_mm=(3, 4, 0), size_mm=(20, 20, 30)),
    box("External", 2, type="EXTERNAL", size_mm=(120, 100, 90)),
    box("Couch", 3, type="SUPPORT", at_mm=(0, 60, 0), size_mm=(200, 20, 90)),
)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return read_case(write_plan(tmp_path_factory.mktemp("whole"), BOXES))


@pytest.fixture(scope="module")
def without_couch(tmp_path_factory):
    return read_case(write_plan(tmp_path_factory.mktemp("without"), BOXES[:2]))


def point(weight=0.0, *, gantry=0.0, way="NONE", leaf=0.0, rate=600.0, **more):
    """A control point; the first leaf of the left bank is at `leaf`, all others stand still."""
    stated = {"isocentre_mm": (0.0, 0.0, 0.0), "couch_deg": 0.0, "couch_top_mm": (10.0, 20.0, 30.0), **more}
    return ControlPoint(meterset_weight=weight, gantry_deg=gantry, gantry_direction=way, dose_rate=rate,
                        positions_mm={"MLCX": (leaf, -50.0, 50.0, 50.0)}, **stated)  # fmt: skip


def beam(*points, number=1, meterset=10.0, delivery="TREATMENT", pairs=2):
    device = LimitingDevice(type="MLCX", pairs=pairs, boundaries_mm=(-10.0, 0.0, 10.0))
    return BeamFacts(number=number, name=f"B{number}", radiation="PHOTON", delivery=delivery, meterset=meterset,
                     meterset_unit="MU", devices=(device,), points=points)  # fmt: skip


def arc(*, turn=10.0, way="CW", number=1, leaf=20.0, rate=600.0, meterset=10.0, **more):
    """A beam from 0 degrees on; `turn` 0 is a fixed gantry."""
    end = (turn if way == "CW" else -turn) % 360
    first, last = (
        point(0.0, way=way, rate=rate, **more),
        point(1.0, gantry=end, way=way, leaf=leaf, rate=rate, **more),
    )
    return beam(first, last, number=number, meterset=meterset)


def fixed(**more):
    return arc(turn=0.0, way="NONE", **more)


def asked(case, tmp_path, asks, *beams):
    """The one answer, for a plan of these beams."""
    facts = replace(case.stated.load_plan(), beams=beams)
    case = replace(case, stated=replace(case.stated, load_plan=lambda: facts))
    path = tmp_path / "mine.yaml"
    path.write_text(f"name: mine\nplan_checks: {{{asks}}}\n", encoding="utf-8")
    (found,) = check(case, load_protocol(path), only_plan_checks=True).plan_checks
    return found


LEAVES = {
    "travel below the limit": ("leaf_travel: <= 2.1 mm/deg", arc(), "met"),
    "travel above it": ("leaf_travel: <= 1.9 mm/deg", arc(), "violated"),
    "travel at rest": ("leaf_travel: <= 1 mm/deg", fixed(), "not_applicable"),
    "travel of unknown angles": (
        "leaf_travel: <= 9 mm/deg", beam(point(gantry=None), point(1, gantry=None, leaf=9)), "not_evaluated"),
    "travel while the gantry rests": (
        "leaf_travel: <= 9 mm/deg", beam(point(), point(0.5, leaf=40), point(1, gantry=9, leaf=40)), "not_evaluated"),
    "travel without leaves": ("leaf_travel: <= 9 mm/deg", replace(arc(), devices=()), "not_evaluated"),
    "travel without monitor units": ("leaf_travel: <= 9 mm/deg", arc(meterset=None), "not_evaluated"),
    "20 mm/s at most": ("leaf_speed: <= 21 mm/s", arc(), "met"),
    "20 mm/s or less, as the gantry may be slow": ("leaf_speed: <= 15 mm/s", arc(), "not_evaluated"),
    "12 mm/s by the gantry": ("leaf_speed: <= 12.1 mm/s at 6 deg/s", arc(), "met"),
    "12 mm/s are too fast": ("leaf_speed: < 12 mm/s at 6 deg/s", arc(), "violated"),
    "20 mm/s at a fixed gantry": ("leaf_speed: <= 15 mm/s", fixed(), "violated"),
    "no dose rate, but the gantry": ("leaf_speed: <= 12.1 mm/s at 6 deg/s", arc(rate=None), "met"),
    "no dose rate": ("leaf_speed: <= 11 mm/s at 6 deg/s", arc(rate=None), "not_evaluated"),
    "no dose rate, no gantry": ("leaf_speed: <= 99 mm/s", fixed(rate=None), "not_evaluated"),
    "leaves that move with the beam off": (
        "leaf_speed: <= 1 mm/s", beam(point(), point(0.5), point(0.5, leaf=40), point(1, leaf=40)), "met"),
    "jaws alone": (
        "leaf_speed: <= 1 mm/s", replace(fixed(), devices=(LimitingDevice(type="X", pairs=1),)), "not_applicable"),
    "leaves of an unknown number without positions": (
        "leaf_speed: <= 99 mm/s",
        beam(*(replace(each, positions_mm={}) for each in fixed().points), pairs=0), "not_evaluated"),
    "no segment gives dose": ("leaf_speed: <= 99 mm/s", beam(point(1), point(1, leaf=9)), "not_evaluated"),
    "minutes are no monitor units": (
        "leaf_speed: <= 99 mm/s", replace(arc(), meterset_unit="MINUTE"), "not_evaluated"),
}  # fmt: skip


@pytest.mark.parametrize("name", LEAVES)
def test_leaves(whole, tmp_path, name):
    asks, found, outcome = LEAVES[name]
    assert asked(whole, tmp_path, f"beams: {{{asks}}}", found).outcome == outcome


@pytest.mark.parametrize(
    ("ways", "outcome"),
    [
        (("CW", "CC"), "met"),
        (("CW", "CC", "CC"), "violated"),
        (("CW", "NONE"), "not_evaluated"),
        (("CW",), "not_applicable"),
    ],
)
def test_arcs_alternate(whole, tmp_path, ways, outcome):
    arcs = [arc(way=way, number=number) for number, way in enumerate(ways, 1)]
    assert asked(whole, tmp_path, "beams: {arcs: alternate}", *arcs).outcome == outcome


def test_two_points_at_one_angle_may_be_a_full_turn(whole, tmp_path):
    full = beam(point(way="CW"), point(1.0, way="CW"))
    for asks in ("arcs: alternate", "arc_spacing: <= 4 deg", "technique: 3D"):
        assert asked(whole, tmp_path, f"beams: {{{asks}}}", full).outcome == "not_evaluated"


CLEARANCE = "beams: {clearance: <= 123 mm}"


@pytest.mark.parametrize(
    ("asks", "beams", "outcome"),
    [
        (CLEARANCE, (fixed(),), "met"),
        ("beams: {clearance: <= 122 mm}", (fixed(),), "violated"),
        (CLEARANCE, (fixed(isocentre_mm=(1.0, 0.0, 0.0)), fixed(number=2)), "met"),
        (CLEARANCE, (fixed(isocentre_mm=(2.0, 0.0, 0.0)), fixed(number=2)), "violated"),
        (CLEARANCE, (fixed(couch_deg=10.0),), "not_evaluated"),
        (CLEARANCE, (fixed(couch_deg=None),), "not_evaluated"),
        (CLEARANCE, (fixed(roll_deg=3.0),), "not_evaluated"),
        (CLEARANCE, (fixed(isocentre_mm=(0.0, 0.0, 60.0)),), "not_evaluated"),
        (CLEARANCE, (fixed(isocentre_mm=None),), "not_evaluated"),
        ("isocentre: {distance: {PTV: <= 5.1 mm}}", (fixed(),), "met"),  # 3, 4 and 0 mm: 5 mm
        ("isocentre: {distance: {PTV: < 5 mm}}", (fixed(),), "violated"),
        ("isocentre: {distance: {PTV: <= 99 mm}}", (fixed(isocentre_mm=None),), "not_evaluated"),
        ("isocentre: {distance: {GTV: <= 99 mm}}", (fixed(),), "not_evaluated"),
    ],
)
def test_room_around_the_isocentre(whole, tmp_path, asks, beams, outcome):
    assert asked(whole, tmp_path, asks, *beams).outcome == outcome


@pytest.mark.parametrize(("limit", "outcome"), [(80, "not_evaluated"), (78, "violated")])
def test_without_a_couch_there_is_no_clearance_but_its_lack_may_show(without_couch, tmp_path, limit, outcome):
    assert asked(without_couch, tmp_path, f"beams: {{clearance: <= {limit} mm}}", fixed()).outcome == outcome


@pytest.mark.parametrize(
    ("setup", "outcome"),
    [
        ({}, "met"),
        ({"couch_top_mm": (10.0, 20.0, 32.0)}, "violated"),
        ({"couch_top_mm": (10.0, None, 30.0)}, "not_evaluated"),
        ({"isocentre_mm": (5.0, 0.0, 0.0)}, "violated"),
        (None, "not_applicable"),
    ],
)
def test_set_up_fields_are_where_the_treatment_is(whole, tmp_path, setup, outcome):
    more = [] if setup is None else [replace(fixed(number=2, **setup), delivery="SETUP")]
    assert asked(whole, tmp_path, "beams: {setup_couch: <= 1 mm}", fixed(), *more).outcome == outcome


@pytest.mark.parametrize(
    ("asks", "fault"),
    [
        ("leaf_speed: 25 mm/s", "expected an upper limit"),
        ("leaf_speed: <= 25 mm/s at 6", "expected a unit"),
        ("leaf_speed: <= 25 mm/s at 0 deg/s", "more than 0"),
        ("clearance: '>= 20 mm'", "expected an upper limit"),
        ("leaf_travel: <= 6 mm", "expected a unit"),
    ],
)
def test_what_is_no_limit_is_refused_with_its_place(tmp_path, asks, fault):
    path = tmp_path / "mine.yaml"
    path.write_text(f"name: mine\nplan_checks:\n  beams: {{{asks}}}\n", encoding="utf-8")
    with pytest.raises(ProtocolError, match=rf"mine.yaml:3: (?s:.)*{fault}"):
        load_protocol(path)
