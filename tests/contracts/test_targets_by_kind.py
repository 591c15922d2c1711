"""`all GTV` and its like through the command line: never a pass where a target was missed or a helper was taken.

The liver is 40 x 40 x 60 mm, 96 cc; GTV1 in it is 3 cc, the other ROI 30 cc: 63 cc are left of the liver without both.
"""

import json

import pytest
from support.command_line import run
from support.known_plans import box, check, codes, constraints, outcomes, write_plan

LIVER = box("Liver", size_mm=(40.0, 40.0, 60.0))
GTV1 = box("GTV1", 2, type="GTV", at_mm=(-15.0, 0.0, 0.0), size_mm=(5.0, 20.0, 30.0))
PTV = box("PTV", 9, type="PTV", at_mm=(60.0, 0.0, 0.0))


def other(name: str, type: str):
    return box(name, 3, type=type, at_mm=(5.0, 0.0, 0.0), size_mm=(20.0, 25.0, 60.0))


def uninvolved(folder, drawn, *options):
    plan = write_plan(folder / "plan", [LIVER, PTV, *drawn])
    return check(plan, constraints("Liver - all GTV: Volume > 80 cc"), *options)


@pytest.mark.parametrize(
    "name", ["GTV-PET", "GTV-MRI", "GTV#2", "GTV/2", "GTVseg8", "GTVprim", "GTVLK", "GTV_T+N", "Rezidiv", "GTV2"]
)
def test_a_second_gtv_is_taken_however_a_clinic_calls_it(tmp_path, name):
    ran = uninvolved(tmp_path, [GTV1, other(name, "GTV")])
    (found,) = ran.json()["constraints"]
    assert (found["outcome"], found["value"], ran.status) == ("violated", pytest.approx(63.0), 1)
    assert found["matched"] == ["Liver", "GTV1", name]
    assert found["matches"][0]["members"] == [{"of": "all GTV", "rois": ["GTV1", name], "left_out": []}]


@pytest.mark.parametrize("name", ["GTV_5mm", "GTV_1cm", "GTV_expanded", "GTV_ring1", "GTV_PRV05", "GTV_old2"])
@pytest.mark.parametrize("type", ["ORGAN", "CONTROL", ""])
def test_a_helper_of_another_type_is_not_taken_and_is_listed(tmp_path, name, type):
    ran = uninvolved(tmp_path, [GTV1, other(name, type)])
    (found,) = ran.json()["constraints"]
    assert (found["outcome"], found["value"]) == ("met", pytest.approx(93.0))
    assert found["matches"][0]["members"] == [{"of": "all GTV", "rois": ["GTV1"], "left_out": [name]}]


@pytest.mark.parametrize(
    ("name", "type"),
    [("GTV_5mm", "GTV"), ("GTV-PET", "ORGAN"), ("GTV2", "ORGAN"), ("iGTV", "GTV"), ("Liver-GTV", "GTV"), ("Tumor", "")],
)
def test_where_type_and_name_disagree_nothing_is_evaluated_until_the_alias_file_says(tmp_path, name, type):
    drawn = [GTV1, other(name, type)]
    ran = uninvolved(tmp_path, drawn)
    (found,) = ran.json()["constraints"]
    (match,) = found["matches"]
    assert (outcomes(ran), ran.status, match["ambiguous"]) == (["not_evaluated"], 3, True)
    assert match["alias_lines"] == [f"all GTV: [{name}]", f"not GTV: [{name}]"]
    assert all(line in found["notes"][0] for line in match["alias_lines"])
    for line, outcome, cc in zip(match["alias_lines"], ("violated", "met"), (63.0, 93.0), strict=True):
        (tmp_path / "clinic.yaml").write_text(line + "\n", encoding="utf-8")
        settled = uninvolved(tmp_path, drawn, "--aliases", tmp_path / "clinic.yaml")
        (found,) = settled.json()["constraints"]
        assert (found["outcome"], found["value"]) == (outcome, pytest.approx(cc))


@pytest.mark.parametrize("type", ["", "ORGAN"])
def test_a_set_without_types_goes_by_names(tmp_path, type):
    drawn = [box("GTV1", 2, type=type, at_mm=(-15.0, 0.0, 0.0), size_mm=(5.0, 20.0, 30.0)), other("GTV_2", type)]
    plan = write_plan(tmp_path / "plan", [LIVER, *drawn])
    ran = check(plan, constraints("Liver - all GTV: Volume > 80 cc"))
    assert outcomes(ran) == ["violated"]
    assert ran.json()["constraints"][0]["value"] == pytest.approx(63.0)


def test_the_members_are_listed_in_every_report_also_where_the_limit_is_met(tmp_path):
    plan = write_plan(tmp_path / "plan", [LIVER, PTV, GTV1, other("GTV_ring1", "CONTROL")])
    (tmp_path / "mine.yaml").write_text(constraints("Liver - all GTV: Volume > 80 cc"), encoding="utf-8")
    for form in ("table", "html", "markdown", "csv", "junit"):
        out = run(plan, "-p", tmp_path / "mine.yaml", "-f", form).out
        assert "all GTV is GTV1; omitted: GTV_ring1" in out.replace("\\", ""), form  # Markdown escapes underscores


def test_a_set_is_ambiguous_wherever_it_is_used(tmp_path):
    plan = write_plan(tmp_path / "plan", [LIVER, PTV, GTV1, other("GTV_5mm", "GTV")])
    names = ("all GTV", "GTV", "Liver - GTV", "all GTV + 5 mm")
    assert outcomes(check(plan, constraints(*(f"{name}: Volume > 1 cc" for name in names)))) == ["not_evaluated"] * 4
    ran = run("dvh", plan, "--roi", "Liver - all GTV", "-m", "Volume", "-f", "json")
    assert ran.status == 3 or ran.json()["structures"][0]["metrics"]["Volume"]["value"] is None


def test_a_plural_means_the_same_and_another_word_is_a_name(tmp_path):
    plan = write_plan(tmp_path / "plan", [LIVER, GTV1, box("all bones", 4, at_mm=(60.0, 0.0, 0.0))])
    ran = check(plan, constraints("Liver - all GTVs: Volume > 1 cc", "all bones: Volume > 1 cc"))
    assert [each["value"] for each in ran.json()["constraints"]] == [pytest.approx(93.0), pytest.approx(12.0)]


@pytest.mark.parametrize("condition", ["structure GTV exists", "structure GTV missing"])
def test_a_condition_on_an_ambiguous_name_is_not_answered(tmp_path, condition):
    plan = write_plan(tmp_path / "plan", [LIVER, GTV1, other("GTV2", "GTV")])
    text = constraints("{structure: Liver, goal: Dmax < 10 Gy, when: " + condition + "}")
    assert outcomes(check(plan, text)) == ["not_evaluated"]


def test_a_target_without_contours_leaves_the_set_open(tmp_path):
    def without_contours(files):
        files.structures.ROIContourSequence[-1].ContourSequence = []

    plan = write_plan(tmp_path / "plan", [LIVER, PTV, GTV1, other("GTV2", "GTV")], change=without_contours)
    ran = check(plan, constraints("Liver - all GTV: Volume > 80 cc"))
    assert (outcomes(ran), ran.status) == (["not_evaluated"], 3)
    (tmp_path / "clinic.yaml").write_text("not GTV: [GTV2]\n", encoding="utf-8")
    settled = check(plan, constraints("Liver - all GTV: Volume > 80 cc"), "--aliases", tmp_path / "clinic.yaml")
    assert outcomes(settled) == ["met"]


def test_an_alias_to_the_other_side_is_obeyed_and_stands_with_the_verdict(tmp_path):
    drawn = [box("Kidney_R", at_mm=(-40.0, 0.0, 0.0)), PTV]
    (tmp_path / "clinic.yaml").write_text("Kidney_L: [Kidney_R]\n", encoding="utf-8")
    plan = write_plan(tmp_path / "plan", drawn)
    ran = check(plan, constraints("Kidney_L: Dmax < 24 Gy"), "--aliases", tmp_path / "clinic.yaml")
    assert outcomes(ran) == ["met"]
    assert "alias.crosses" in {each["code"] for each in ran.json()["doubts"]}


# --- rtcheck structures -------------------------------------------------------------------------------------------


def structures(folder, drawn, *options):
    plan = write_plan(folder / "plan", drawn)
    protocol = folder / "mine.yaml"
    names = ("Liver - all GTV", "Kidney_L", "External", "Body")
    protocol.write_text(constraints(*(f"{name}: Dmax < 80 Gy" for name in names)), encoding="utf-8")
    return run("structures", plan, "--protocol", protocol, *options)


DRAWN = [
    LIVER,
    GTV1,
    other("GTV-PET", "ORGAN"),
    box("Niere re", 4, at_mm=(-60.0, 0.0, 0.0)),
    box("Haut", 5, type="EXTERNAL", size_mm=(180.0, 120.0, 90.0)),
]


def test_structures_shows_the_ambiguous_set_and_what_settles_it(tmp_path):
    ran = structures(tmp_path, DRAWN)
    assert ran.status == 3
    assert "all GTV: [GTV-PET]" in ran.out
    (tmp_path / "clinic.yaml").write_text("all GTV: [GTV-PET]\nKidney_L: [Niere re]\n", encoding="utf-8")
    settled = structures(tmp_path, DRAWN, "--aliases", tmp_path / "clinic.yaml")
    assert settled.status == 0
    assert "all GTV is GTV1, GTV-PET" in settled.out
    assert "alias.crosses" in settled.out
    as_json = json.loads(structures(tmp_path, DRAWN, "--aliases", tmp_path / "clinic.yaml", "-f", "json").out)
    assert "alias.crosses" in {each["code"] for each in as_json["warnings"]}


def test_an_untouched_draft_loads_changes_nothing_and_crosses_nothing(tmp_path):
    draft = tmp_path / "clinic.yaml"
    before = json.loads(structures(tmp_path, DRAWN, "--write-aliases", draft, "-f", "json").out)["matches"]
    after = json.loads(structures(tmp_path, DRAWN, "--aliases", draft, "-f", "json").out)["matches"]
    assert [each["rois"] for each in after] == [each["rois"] for each in before]
    text = draft.read_text(encoding="utf-8")
    assert "# all GTV: [GTV-PET]" in text
    assert "# not GTV: [GTV-PET]" in text
    assert "Niere re" not in text
    assert codes(check(tmp_path / "plan", constraints("Kidney_L: Dmax < 24 Gy"))) == codes(
        check(tmp_path / "plan", constraints("Kidney_L: Dmax < 24 Gy"), "--aliases", draft)
    )


def test_a_name_that_the_protocol_gives_and_that_crosses_is_not_drafted(tmp_path):
    plan = write_plan(tmp_path / "plan", [box("Lung L"), box("Leber", 2, at_mm=(40.0, 0.0, 0.0))])
    text = constraints("Lungs: Dmax < 80 Gy", "Liver: Dmax < 80 Gy", more="structures: {Lungs: {also_named: [Lung L]}}")
    (tmp_path / "mine.yaml").write_text(text, encoding="utf-8")
    ran = run("structures", plan, "-p", tmp_path / "mine.yaml", "--write-aliases", tmp_path / "draft.yaml")
    draft = (tmp_path / "draft.yaml").read_text(encoding="utf-8")
    assert "alias.crosses" in ran.out
    assert ("Lung L" in draft, "Liver: [Leber]" in draft) == (False, True)
