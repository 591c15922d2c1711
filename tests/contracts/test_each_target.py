"""`each PTV`: a row for every lesion; indices of one among several need a region, and say where isodoses bridge."""

import numpy as np
import pytest
from support.known_plans import box, check, constraints, outcomes, write_plan

import rtcheck
from rtcheck.checking.structures.name_matches import match_names
from rtcheck.protocol.importers.yaml_writer import protocol_to_yaml

SIZE_MM = (20.0, 20.0, 18.0)


def lesions(tmp_path, *, apart_mm=60.0, prescribed_gy=50.0, body_mm=(190.0, 140.0, 108.0), more=()):
    """Two PTVs of 7.2 cc; the dose is 70 Gy at the centre of each and falls by 1 Gy/mm."""

    def dose(x, y, z):
        near = np.minimum(np.hypot(x, np.hypot(y, z)), np.hypot(x - apart_mm, np.hypot(y, z)))
        return np.maximum(70.0 - near, 0.0)

    second = box("PTV2", 3, type="PTV", at_mm=(apart_mm, 0.0, 0.0), size_mm=SIZE_MM)
    boxes = [box("PTV1", 2, type="PTV", size_mm=SIZE_MM), second]
    body = box("Body", 4, type="EXTERNAL", size_mm=body_mm)
    return write_plan(tmp_path / "plan", [*boxes, body, *more], dose_gy=dose, prescribed_gy=prescribed_gy)


def rows(ran):
    return [(each["structure"], each["outcome"]) for each in ran.json()["constraints"]]


def test_every_target_of_the_kind_has_its_row(tmp_path):
    ran = check(lesions(tmp_path), constraints("each PTV: Volume > 7 cc", "each ptvs: Dmax < 50 Gy"))
    assert rows(ran) == [("PTV1", "met"), ("PTV2", "met"), ("PTV1", "violated"), ("PTV2", "violated")]
    assert [each["value"] for each in ran.json()["constraints"]][:2] == pytest.approx([7.2, 7.2])


def test_an_ambiguous_set_is_not_evaluated(tmp_path):
    doubtful = box("PTV_ring", 5, type="PTV", at_mm=(0.0, 40.0, 0.0))
    ran = check(lesions(tmp_path, more=[doubtful]), constraints("each PTV: Dmax < 99 Gy"))
    assert rows(ran) == [("each PTV", "not_evaluated")]


def test_none_of_the_kind_is_not_evaluated_even_with_drawn_only(tmp_path):
    ran = check(lesions(tmp_path), constraints("each GTV: Dmax < 99 Gy"), "--drawn-only")
    assert rows(ran) == [("each GTV", "not_evaluated")]


def test_two_rois_of_one_name_are_told_apart(tmp_path):
    plan = write_plan(tmp_path / "plan", [box("PTV", 2, type="PTV"), box("PTV", 3, type="PTV", at_mm=(40.0, 0.0, 0.0))])
    assert rows(check(plan, constraints("each PTV: Dmax < 99 Gy"))) == [("PTV (ROI 2)", "met"), ("PTV (ROI 3)", "met")]


@pytest.mark.parametrize("metric", ["GI", "CI_Paddick", "CN", "R50", "CI_RTOG"])
def test_an_index_of_one_among_several_needs_a_region(tmp_path, metric):
    assert outcomes(check(lesions(tmp_path), constraints(f"each PTV: {metric} < 99"))) == ["not_evaluated"] * 2


def test_an_index_in_a_region_is_that_of_the_lesion_alone(tmp_path):
    """The 50 Gy isodose of one lesion is a ball of 20 mm, 4.65 times the target."""
    expected = 4 / 3 * np.pi * 20.0**3 / 1000 / 7.2
    ran = check(lesions(tmp_path), constraints("{structure: each PTV, goal: CI_RTOG < 9, region: 25 mm}"))
    found = ran.json()["constraints"]
    assert [each["value"] for each in found] == pytest.approx([expected] * 2, rel=0.03)
    assert all(each["bounds"][0] == each["bounds"][1] for each in found)
    alone = check(lesions(tmp_path), constraints("all PTV: CI_RTOG < 9")).json()["constraints"][0]
    assert alone["value"] == pytest.approx(expected, rel=0.03)  # two isodoses over two targets


def test_an_isodose_that_bridges_to_a_neighbour_leaves_the_index_open(tmp_path):
    """Half the prescription reaches the edge of the region between lesions 45 mm apart."""
    text = constraints("{structure: each PTV, goal: R50 < 25, region: 20 mm}")
    ran = check(lesions(tmp_path, apart_mm=45.0), text)
    for each in ran.json()["constraints"]:
        assert each["outcome"] == "not_evaluated"
        assert each["bounds"][0] < 25 < each["bounds"][1]
        assert "may bridge to a neighbour" in each["bounds_reason"]


def test_a_neighbour_within_the_region_leaves_the_index_open(tmp_path):
    ran = check(lesions(tmp_path), constraints("{structure: each PTV, goal: R50 < 99, region: 60 mm}"))
    assert rows(ran) == [("PTV1", "not_evaluated"), ("PTV2", "not_evaluated")]
    assert "PTV2 lies within the region" in ran.json()["constraints"][0]["notes"][0]


def test_a_region_as_large_as_the_body_is_the_body(tmp_path):
    small = lesions(tmp_path, body_mm=(60.0, 60.0, 54.0))
    ran = check(small, constraints("{structure: PTV1, goal: R50 < 99, region: 70 mm}", "PTV1: R50 < 99"))
    wide, whole = (each["value"] for each in ran.json()["constraints"])
    assert wide == pytest.approx(whole, rel=1e-3)


@pytest.mark.parametrize("structure", ["each PTV - Body", "each PTV + 3 mm", "Body & each PTV"])
def test_each_is_not_part_of_an_expression(structure):
    """It would be the union of the targets, in which one that is cold could not be seen."""
    with pytest.raises(rtcheck.ProtocolError, match=r'"each PTV" cannot be part of an expression; .* "all PTV"'):
        rtcheck.parse_protocol(constraints(f'{{structure: "{structure}", goal: D98% >= 40 Gy}}'))


def test_each_cannot_be_combined():
    with pytest.raises(rtcheck.ProtocolError, match="as one write all: all PTV"):
        rtcheck.parse_protocol(constraints("{structure: each PTV, combine: together, goal: Dmax < 9 Gy}"))


@pytest.mark.parametrize("region", ["20", "0 mm", "2 cm", "mm"])
def test_a_region_is_a_distance_in_millimetres(region):
    with pytest.raises(rtcheck.ProtocolError, match=r"constraints\[0\].region"):
        rtcheck.parse_protocol(constraints(f"{{structure: PTV, goal: GI < 9, region: {region}}}"))


def test_a_region_and_each_survive_a_round_trip():
    text = constraints("{structure: each PTV, goal: GI < 9, region: 12.5 mm, if_drawn: false}")
    again = rtcheck.parse_protocol(protocol_to_yaml(rtcheck.parse_protocol(text)))
    (constraint,) = again.constraints
    assert (constraint.structures, constraint.region_mm, constraint.if_drawn) == (("each PTV",), 12.5, False)


def of_type(roi_type, goal, **more):
    extra = "".join(f", {key}: {value}" for key, value in more.items())
    return f"{{structure: {{type: {roi_type}}}, goal: '{goal}'{extra}}}"


def test_a_type_stands_for_every_structure_of_it(tmp_path):
    gland = box("Ring", 6, type="AVOIDANCE", at_mm=(0.0, 40.0, 0.0))
    plan = lesions(tmp_path, more=[gland])
    rules = constraints(of_type("PTV", "Volume > 7 cc"), of_type("avoidance", "Dmax < 60 Gy"))
    assert rows(check(plan, rules)) == [("PTV1", "met"), ("PTV2", "met"), ("Ring", "met")]
    together = check(plan, constraints(of_type("PTV", "Volume > 14.3 cc", combine="together")))
    assert [each["value"] for each in together.json()["constraints"]] == pytest.approx([14.4])
    at_least_one = check(plan, constraints(of_type("PTV", "Volume > 7 cc", combine="any")))
    assert rows(at_least_one) == [("PTV1 or PTV2", "met")]


@pytest.mark.parametrize(
    ("more", "roi_type", "reason"),
    [
        (box("PTV3", 6, type="", at_mm=(0.0, 40.0, 0.0)), "PTV", "has no such type"),
        (box("PTV3", 6, type="ORGAN", at_mm=(0.0, 40.0, 0.0)), "PTV", "PTV3"),
        (box("PTV_ring", 6, type="PTV", at_mm=(0.0, 40.0, 0.0)), "PTV", "its name holds"),
        (box("Liver", 6, type="PTV", at_mm=(0.0, 40.0, 0.0)), "PTV", "named like Liver"),
        (box("Liver", 6, type="ORGAN", at_mm=(0.0, 40.0, 0.0)), "CAVITY", "no structure is of type CAVITY"),
        (box("Liver", 6, type="ORGAN", at_mm=(0.0, 40.0, 0.0)), "GTV", "no structure is of type GTV"),
    ],
)
def test_a_set_that_the_types_do_not_settle_is_never_another_one(tmp_path, more, roi_type, reason):
    ran = check(lesions(tmp_path, more=[more]), constraints(of_type(roi_type, "Dmax < 99 Gy", if_drawn="true")))
    (found,) = ran.json()["constraints"]
    assert (found["structure"], found["outcome"]) == (f"type {roi_type}", "not_evaluated")
    assert reason in found["undefined"]
    assert ran.status == 3


def test_a_structure_without_a_type_leaves_the_organs_unsettled(tmp_path):
    organs = [box("Liver", 6, type="ORGAN", at_mm=(0.0, 40.0, 0.0)), box("Thing", 7, type="", at_mm=(0.0, -40.0, 0.0))]
    ran = check(lesions(tmp_path, more=organs), constraints(of_type("ORGAN", "Dmax < 99 Gy")))
    assert rows(ran) == [("type ORGAN", "not_evaluated")]
    assert "'Thing' has no type" in ran.json()["constraints"][0]["undefined"]


@pytest.mark.parametrize(
    "stated", ["{type: ITV}", "{type: PTVV}", "{kind: PTV}", "{type: PTV, name: x}", "{type: [PTV]}"]
)
def test_what_is_not_a_type_is_refused(tmp_path, stated):
    ran = check(lesions(tmp_path), f"name: x\nconstraints:\n  - {{structure: {stated}, goal: Dmax < 99 Gy}}\n")
    assert ran.status == 2
    assert "{type: PTV}" in ran.err


def test_the_structures_command_lists_what_a_selector_stands_for(tmp_path):
    plan = lesions(tmp_path)
    (tmp_path / "p.yaml").write_text(constraints(of_type("PTV", "Dmax < 99 Gy"), "each PTV: Dmax < 99 Gy"))
    protocol = rtcheck.load_protocol(str(tmp_path / "p.yaml"))
    matches = match_names(rtcheck.read_case(plan), protocol).matches
    assert [each.asked for each in matches] == ["type PTV", "each PTV"]
    assert {each.rois for each in matches} == {("PTV1", "PTV2")}
    again = rtcheck.parse_protocol(protocol_to_yaml(protocol))
    assert [each.structures for each in again.constraints] == [("type PTV",), ("each PTV",)]
