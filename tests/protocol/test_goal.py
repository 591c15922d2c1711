"""The goal language: what it reads, what it refuses and where it points."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtcheck.dosimetry.metric_terms import Metric, Quantity
from rtcheck.errors import GoalSyntaxError
from rtcheck.protocol.language.goal import make_goal, metric_text, parse_goal, parse_metric

# (text, canonical text, limit, unit): the goal language of the project's contract, both spellings
GOALS = [
    ("Dmean < 24 Gy", "Dmean < 24 Gy", 24, "Gy"),
    ("Dmax < 54 Gy", "Dmax < 54 Gy", 54, "Gy"),
    ("D0.03cc <= 45 Gy", "D0.03cc <= 45 Gy", 45, "Gy"),
    ("D95% >= 95 %", "D95% >= 95 %", 95, "%"),
    ("V20Gy <= 30 %", "V20Gy <= 30 %", 30, "%"),
    ("V95% >= 98 %", "V95% >= 98 %", 98, "%"),
    ("CV15Gy >= 700 cc", "CV15Gy >= 700 cc", 700, "cc"),
    ("DC700cc < 15 Gy", "DC700cc < 15 Gy", 15, "Gy"),
    ("Volume > 700 cc", "Volume > 700 cc", 700, "cc"),
    ("EQD2[3] Dmax < 45 Gy", "EQD2[3] Dmax < 45 Gy", 45, "Gy"),
    ("BED[10]D95%>=70Gy", "BED[10] D95% >= 70 Gy", 70, "Gy"),
    ("gEUD[8] < 40 Gy", "gEUD[8] < 40 Gy", 40, "Gy"),
    ("gEUD[-10] >= 60 Gy", "gEUD[-10] >= 60 Gy", 60, "Gy"),
    ("EQD2[2.5] gEUD[1] < 30 Gy", "EQD2[2.5] gEUD[1] < 30 Gy", 30, "Gy"),
    ("HI < 0.15", "HI_ICRU83 < 0.15", 0.15, ""),
    ("HI_RTOG <= 2", "HI_RTOG <= 2", 2, ""),
    ("CI <= 1.2", "CI_RTOG <= 1.2", 1.2, ""),
    ("CI_Paddick >= 0.8", "CI_Paddick >= 0.8", 0.8, ""),
    ("CN >= 0.7", "CN >= 0.7", 0.7, ""),
    ("GI < 3.5", "GI < 3.5", 3.5, ""),
    ("R50% < 5", "R50 < 5", 5, ""),
    ("Coverage >= 0.95", "Coverage >= 0.95", 0.95, ""),
    ("Coverage >= 95 %", "Coverage >= 0.95", 0.95, ""),
    ("D0.03cc[Gy] <= 45", "D0.03cc <= 45 Gy", 45, "Gy"),
    ("V20Gy[%] < 30", "V20Gy < 30 %", 30, "%"),
    ("CV15Gy[cc] >= 700", "CV15Gy >= 700 cc", 700, "cc"),
    ("CV1500cGy[cc] >=700", "CV15Gy >= 700 cc", 700, "cc"),
    ("Mean[Gy] < 24", "Dmean < 24 Gy", 24, "Gy"),
    ("Max[cGy] < 5400", "Dmax < 54 Gy", 54, "Gy"),
    ("Median[Gy] < 20", "D50% < 20 Gy", 20, "Gy"),
    ("Dmax <= 105 %Rx", "Dmax <= 105 %", 105, "%"),
    ("Dmax <= 105 % of the prescription", "Dmax <= 105 %", 105, "%"),
    ("Dmax < 3 Gy/fx", "Dmax < 3 Gy/fx", 3, "Gy"),
    ("Dmax < 300 cGy per fraction", "Dmax < 3 Gy/fx", 3, "Gy"),
    ("V3Gy/fx < 5 cc", "V3Gy/fx < 5 cc", 5, "cc"),
    ("V10-20Gy < 30 %", "V10-20Gy < 30 %", 30, "%"),
    ("IsocenterDistance <= 6 cm", "IsocentreDistance <= 60 mm", 60, "mm"),
    ("V 10 Gy – 2000 cGy [cc] <= 5", "V10-20Gy <= 5 cc", 5, "cc"),
    ("v50-95% < 10 cc", "V50-95% < 10 cc", 10, "cc"),
    ("EQD2[3] V10-20Gy < 30 %", "EQD2[3] V10-20Gy < 30 %", 30, "%"),
    ("V1-2Gy/fx < 5 cc", "V1-2Gy/fx < 5 cc", 5, "cc"),
    ("D2CC < 40 Gy", "D2cc < 40 Gy", 40, "Gy"),
    ("D2cm3 < 40 Gy", "D2cc < 40 Gy", 40, "Gy"),
    ("D2cm³ < 40 Gy", "D2cc < 40 Gy", 40, "Gy"),
    ("Volume > 700 mL", "Volume > 700 cc", 700, "cc"),
    ("V95% ≥ 98 %", "V95% >= 98 %", 98, "%"),
    ("  dmean   <24gy ", "Dmean < 24 Gy", 24, "Gy"),
]


@pytest.mark.parametrize(("text", "canonical", "limit", "unit"), GOALS)
def test_a_goal_is_read_into_its_canonical_form(text: str, canonical: str, limit: float, unit: str) -> None:
    goal = parse_goal(text)
    assert (goal.text, goal.limit, goal.unit) == (canonical, limit, unit)


@pytest.mark.parametrize("text", [text for text, *_ in GOALS])
def test_the_canonical_form_reads_as_the_same_goal(text: str) -> None:
    assert parse_goal(parse_goal(text).text) == parse_goal(text)


def test_each_operator_is_kept_as_written() -> None:
    read = [parse_goal(f"Dmean {sign} 18 Gy").operator for sign in ("<", "<=", ">", ">=")]
    assert read == ["<", "<=", ">", ">="]


def test_centigray_is_exact_to_the_last_digit() -> None:
    assert parse_goal("Dmean < 1543.7 cGy").limit == 15.437  # 1543.7 * 0.01 would be 15.437000000000001


def test_a_metric_without_a_bracket_is_asked_in_gray_or_cc() -> None:
    assert [parse_metric(text).unit for text in ("D95%", "V20Gy", "CV15Gy", "DC700cc")] == ["Gy", "cc", "cc", "Gy"]


def test_a_metric_keeps_the_text_as_asked() -> None:
    assert parse_metric(" V20Gy[%] ").text == "V20Gy[%]"
    assert parse_metric("Mean[Gy]").text == "Mean[Gy]"


def test_the_structures_alpha_beta_stands_in_where_the_goal_gives_none() -> None:
    goal = parse_goal("EQD2 Dmax < 45 Gy", alpha_beta_gy=2)
    assert goal.text == "EQD2[2] Dmax < 45 Gy"


# (text, what the message says, what is underlined; "^" is the place after the text)
REFUSED = [
    ("V20 <= 30 %", 'expected a unit after "V20": Gy, cGy or % (of the prescription)', (3, 4)),
    ("V20", 'expected a unit after "V20"', (3, 4)),
    ("D0.03 <= 45 Gy", 'expected a unit after "D0.03": cc or % (of the volume)', (5, 6)),
    ("D0.03 <= 45", 'expected a unit after "D0.03"', (5, 6)),
    ("D0.03cc <= 45", 'expected a unit after "D0.03cc <= 45": Gy, cGy or %', (13, 14)),
    ("CV15 >= 700 cc", 'expected a unit after "CV15"', (4, 5)),
    ("DC700 < 15 Gy", 'expected a unit after "DC700"', (5, 6)),
    ("Dmaen < 24 Gy", "did you mean Dmean?", (0, 5)),
    ("D < 3 Gy", 'expected a number and a unit after "D"', (1, 2)),
    ("D0cc < 3 Gy", "the maximum dose is Dmax", (1, 2)),
    ("D20Gy < 30 %", "D takes a volume", (1, 5)),
    ("V2cc < 30 Gy", "V takes a dose", (1, 4)),
    ("Dmean = 24 Gy", "expected <, <=, > or >=", (6, 7)),
    ("Dmean =< 24 Gy", "expected <, <=, > or >=", (6, 8)),
    ("Dmean", "expected <, <=, > or >= and a limit", (5, 6)),
    ("Dmean < ", "expected a number", (7, 8)),
    ("Dmean < -24 Gy", "expected a number", (8, 11)),
    ("Dmean < 24,5 Gy", "decimal commas are not accepted", (8, 12)),
    ("Dmean < 24 Gyy", 'expected a unit after "Dmean < 24"', (10, 11)),
    ("Dmean < 24 cc", "Dmean is a dose: expected Gy", (11, 13)),
    ("Dmean < 24 Gy please", "expected the end", (14, 20)),
    ("V20Gy < 3 Gy", "V20Gy is a volume: expected cc or %", (10, 12)),
    ("V20Gy[Gy] < 3", "V20Gy is a volume", (5, 9)),
    ("D2cc[Gy < 3", 'expected "]"', (7, 8)),
    ("D2cc[] < 3 Gy", "expected a unit in the brackets", (5, 6)),
    ("D0.03cc[Gy] <= 45 cGy", "the unit is given twice", (18, 21)),
    ("Volume > 50 %", "Volume is a volume: expected cc", (12, 13)),
    ("CI < 1.2 Gy", "CI_RTOG is a ratio", (9, 11)),
    ("EQD2 Dmax < 45 Gy", "expected alpha/beta after EQD2", (4, 5)),
    ("EQD2[3 %] Dmax < 45 Gy", 'expected "]"', (6, 7)),
    ("EQD2[0] Dmax < 45 Gy", "alpha/beta must be more than 0", (5, 6)),
    ("EQD2[3] Dmax < 3 Gy/fx", "cannot be given per fraction", (0, 22)),
    ("EQD2[3] Volume > 3 cc", "EQD2 applies to doses", (0, 14)),
    ("gEUD < 40 Gy", "write gEUD[8]", (4, 5)),
    ("gEUD[0] < 40 Gy", "cannot be 0", (5, 6)),
    ("< 24 Gy", "expected a metric", (0, 1)),
    ("V10-20 < 30 %", 'expected a unit after "V10-20": Gy, cGy or %', (6, 7)),
    ("V20-10Gy < 30 %", "the dose range is empty", (1, 8)),
    ("V10Gy-20% < 30 %", "both ends of a dose range need the same kind of unit", (1, 9)),
    ("V10-Gy < 30 %", "expected the upper end of the dose range", (4, 6)),
    ("V10-20cc < 30 %", "V takes a dose", (1, 8)),
    ("CV10-20Gy < 30 %", "CV takes one dose; the volume in a dose range is V10-20Gy", (4, 5)),
    ("IsocentreDistance < 6 cc", "IsocentreDistance is a distance: expected mm", (22, 24)),
    ("IsocentreDistance < 6", 'expected a unit after "IsocentreDistance < 6": mm', (21, 22)),
    ("Dmax < 5 mm", "Dmax is a dose: expected Gy", (9, 11)),
    ("V20Gy < 5 mm", "V20Gy is a volume: expected cc or %", (10, 12)),
    ("D5mm < 3 Gy", "D takes a volume", (1, 4)),
    ("V5mm < 3 cc", "V takes a dose", (1, 4)),
    ("D2-5% < 30 Gy", "D takes one volume", (2, 3)),
    ("V10-20-30Gy < 5 cc", 'expected a unit after "V10-20"', (6, 7)),
]


@pytest.mark.parametrize(("text", "reason", "columns"), REFUSED)
def test_a_fault_is_named_and_underlined(text: str, reason: str, columns: tuple[int, int]) -> None:
    with pytest.raises(GoalSyntaxError) as caught:
        parse_goal(text)
    assert reason in caught.value.reason
    assert (caught.value.start, caught.value.end) == columns


def test_the_message_shows_the_text_with_the_place_under_it() -> None:
    with pytest.raises(GoalSyntaxError) as caught:
        parse_goal("D0.03 <= 45 Gy")
    assert str(caught.value).splitlines()[1:] == ["    D0.03 <= 45 Gy", "         ^"]


@pytest.mark.parametrize("text", ["", "   "])
def test_an_empty_goal_is_refused(text: str) -> None:
    with pytest.raises(GoalSyntaxError, match="expected a metric"):
        parse_goal(text)


def test_a_text_as_long_as_a_page_is_refused_without_being_shown() -> None:
    with pytest.raises(GoalSyntaxError, match="too long"):
        parse_goal("9" * 10_000)


@given(st.text(max_size=60))
def test_any_text_is_a_goal_or_a_syntax_error(text: str) -> None:
    try:
        parse_goal(text)
    except GoalSyntaxError as caught:
        error = caught
    else:
        return
    assert not error.text or 0 <= error.start < error.end


@given(st.text(alphabet="DVC02.9%Gyc[]<>= EQHImaxnu/f", max_size=24))
def test_any_text_made_of_the_languages_own_letters_is_a_goal_or_a_syntax_error(text: str) -> None:
    try:
        goal = parse_goal(text)
    except GoalSyntaxError:
        return
    assert parse_goal(goal.text) == goal


amounts = st.floats(0.001, 9999, allow_nan=False).map(lambda amount: round(amount, 4))
dose_at = st.builds(Quantity, amount=amounts, unit=st.sampled_from(["Gy", "%"]))
volume_at = st.builds(Quantity, amount=amounts, unit=st.sampled_from(["cc", "%"]))
biologies = st.one_of(
    st.just(("physical", None)), st.tuples(st.sampled_from(["EQD2", "BED"]), st.sampled_from([2.0, 2.5, 3.0, 10.0]))
)


@st.composite
def metrics(draw: st.DrawFn) -> Metric:
    """Metrics of all kinds in every unit that they can have."""
    kind = draw(
        st.sampled_from(
            ["Dmean", "Dmax", "Dmin", "D", "DC", "V", "CV", "Volume", "gEUD", "HI_ICRU83", "CI_Paddick", "R50"]
        )
    )
    if kind in ("HI_ICRU83", "CI_Paddick", "R50"):
        return Metric(text="", kind=kind, unit="")
    if kind == "Volume":
        return Metric(text="", kind=kind, unit="cc")
    biology, alpha_beta_gy = draw(biologies)
    unit = draw(st.sampled_from(["cc", "%"] if kind in ("V", "CV") else ["Gy", "%"]))
    at = draw(dose_at) if kind in ("V", "CV") else draw(volume_at) if kind in ("D", "DC") else None
    per_fraction = draw(st.booleans()) and biology == "physical"
    per_fraction = per_fraction and (unit == "Gy" or (kind in ("V", "CV") and at is not None and at.unit == "Gy"))
    parameter = draw(st.sampled_from([-10.0, 1.0, 8.0])) if kind == "gEUD" else None
    return Metric(
        text="", kind=kind, unit=unit, at=at, biology=biology, alpha_beta_gy=alpha_beta_gy, parameter=parameter,
        per_fraction=per_fraction,
    )  # fmt: skip


@given(metrics())
def test_every_metric_survives_the_round_trip_through_its_text(metric: Metric) -> None:
    assert replace(parse_metric(metric_text(metric)), text="") == metric


@given(metrics(), st.sampled_from(["<", "<=", ">", ">="]), amounts)
def test_every_goal_survives_the_round_trip_through_its_text(metric: Metric, operator: str, limit: float) -> None:
    goal = make_goal(metric, operator, limit)
    assert parse_goal(goal.text) == goal
