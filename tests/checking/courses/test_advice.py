"""Plans whose values are added: what one of them lacks cannot be stated by --dose-rx or --fractions."""

import pytest
from support.command_line import run
from support.known_plans import box, constraints, write_plan

from rtcheck.checking.courses.advice import without_options

IN_PLAN = "for --sum-values it must be in the RT Plan"


@pytest.mark.parametrize(
    "text",
    [
        "The plan states neither a prescription nor beam doses. Give the prescribed dose with --dose-rx.",
        "there are several dose levels (70 Gy, 54 Gy) and none is linked to PTV; give it with --dose-rx PTV 54.5=GY",
        "the number of fractions is unknown (give --fractions)",
        "there is no plan, so the prescription is unknown; give it with --dose-rx (--dose-rx protocol uses 50 Gy)",
        "whether the files belong together, or state the prescription with --dose-rx. Or else the scaling.",
    ],
)
def test_advice_that_would_be_rejected_is_replaced_and_the_rest_stays(text):
    said = without_options(text)
    assert IN_PLAN in said
    assert said.startswith(text[:30])
    assert "give" not in said.lower()


def test_a_text_without_such_advice_stays_as_it_is():
    text = "2 fraction groups; their fractions are added. Give the files of one with --dose."
    assert without_options(text) == text


def test_what_a_plan_lacks_is_not_advised_to_be_given_by_an_option_that_is_rejected(tmp_path):
    def second(files):
        del files.plan.FractionGroupSequence[0].NumberOfFractionsPlanned
        del files.plan.DoseReferenceSequence
        for file in (files.plan, files.dose):
            file.SOPInstanceUID += ".7"
        files.dose.ReferencedRTPlanSequence[0].ReferencedSOPInstanceUID = files.plan.SOPInstanceUID

    plans = (write_plan(tmp_path / "1"), write_plan(tmp_path / "2", [box("PTV", type="PTV")], change=second))
    (tmp_path / "mine.yaml").write_text(constraints("PTV: EQD2[3] D50% < 60 Gy", "PTV: D50% < 90 Gy"), "utf-8")
    ran = run(*plans, "-p", tmp_path / "mine.yaml", "--sum-values", "-f", "json")
    said = [each["text"] for each in ran.json()["warnings"]] + [str(each) for each in ran.json()["constraints"]]
    assert sum(IN_PLAN in each for each in said) >= 2
    assert not any("--dose-rx" in each or "--fractions" in each for each in said)
