"""Clinical facts: reading them, judging them, and the file to fill in."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest

from rtcheck.errors import GoalSyntaxError, ProtocolError
from rtcheck.protocol.clinical.facts import (
    Facts,
    age_years,
    asked_facts,
    facts_template,
    judge_fact,
    later,
    read_facts,
    unused_facts,
)
from rtcheck.protocol.clinical.rules import parse_fact_rule
from rtcheck.protocol.file.load import load_protocol

Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write_one(text: str) -> Path:
        path = tmp_path / "patient.yaml"
        path.write_text(text, "utf-8")
        return path

    return write_one


def outcome(
    is_: str | bool | tuple[str, ...], value: bool | float | date | str, name: str = "x", **more: object
) -> str:
    """The outcome of one fact held against the rule `is_`."""
    facts = Facts(values={name: value}, **more)  # type: ignore[arg-type]
    return judge_fact(parse_fact_rule(name, is_), facts, date(2025, 8, 31))[0]


def test_facts_are_read_as_what_they_are(write: Write) -> None:
    text = "ecog: 1\nwbc: 3.5\nchild_pugh: A6\nhiv: no\nstroke: never\nulcer: 2025-05-31\nreference_date: 2025-08-31\n"
    facts = read_facts(write(text))
    assert facts.values == {
        "ecog": 1.0,
        "wbc": 3.5,
        "child_pugh": "A6",
        "hiv": False,
        "stroke": False,
        "ulcer": date(2025, 5, 31),
    }
    assert facts.reference_date == date(2025, 8, 31)


def test_an_empty_value_is_a_fact_that_is_not_given(write: Write) -> None:
    assert read_facts(write("ecog:\nhiv: ''\nwbc: ~\n")).values == {}


def test_an_empty_file_gives_no_facts(write: Write) -> None:
    assert read_facts(write("# nothing yet\n")).values == {}


def test_the_upper_limit_of_normal_is_given_in_either_form(write: Write) -> None:
    assert read_facts(write("alt: 30\nalt_uln: 40\n")).uln == {"alt": 40.0}
    braces = read_facts(write("alt: {value: 30, uln: 40}\n"))
    assert (braces.values, braces.uln) == ({"alt": 30.0}, {"alt": 40.0})


def test_all_faults_of_a_facts_file_come_with_their_lines(write: Write) -> None:
    path = write("ecog: [1, 2]\nhiv: no\nhiv: yes\nreference_date: soon\nalt_uln: 0\nast: {value: 3, limit: 4}\n")
    with pytest.raises(ProtocolError) as caught:
        read_facts(path)
    assert [fault.removeprefix(f"{path}:") for fault in caught.value.faults] == [
        "1: ecog: expected one value, found a list",
        '3: hiv: "hiv" is given twice; the first is in line 2',
        '4: reference_date: expected a date such as 2025-03-31, found "soon"',
        '5: alt_uln: expected the upper limit of normal, a number above 0, found "0"',
        "6: ast.limit: expected value and uln, as in {value: 20, uln: 17}",
    ]


def test_a_missing_facts_file_is_named_so(tmp_path: Path) -> None:
    with pytest.raises(ProtocolError, match="this facts file does not exist"):
        read_facts(tmp_path / "none.yaml")


@pytest.mark.parametrize(
    ("rule", "value", "expected"),
    [
        ("0-1", 0.0, "met"),
        ("0-1", 1.0, "met"),
        ("0-1", 2.0, "violated"),
        (">= 3.0", 3.0, "met"),
        (">= 3.0", 2.99, "violated"),
        ("< 500", 500.0, "violated"),
        ("< 500", 499.9, "met"),
        ("<= 140", 140.0, "met"),
        ("< 500", "< 20", "met"),
        ("< 500", "< 1000", "not_evaluated"),
        (">= 3.0", "< 20", "not_evaluated"),
        ("0-1", "one", "not_evaluated"),
        ("0-1", True, "not_evaluated"),
        (True, True, "met"),
        (True, False, "violated"),
        (False, False, "met"),
        (False, True, "violated"),
        (False, "maybe", "not_evaluated"),
        (("A", "B"), "b", "met"),
        (("A", "B"), "C", "violated"),
        ("A", "A", "met"),
    ],
)
def test_a_fact_is_judged_by_its_rule(
    rule: str | bool | tuple[str, ...], value: bool | float | str, expected: str
) -> None:
    assert outcome(rule, value) == expected


# Child-Pugh: scores of 5 and 6 are class A, 7 to 9 class B, 10 to 15 class C
@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("A", "met"), (5.0, "met"), (6.0, "met"), ("A6", "met"), ("a 5", "met"), ("B", "violated"), (7.0, "violated"),
        ("B9", "violated"), (10.0, "violated"), ("A7", "not_evaluated"), (4.0, "not_evaluated"),
        (16.0, "not_evaluated"),
        (5.5, "not_evaluated"), ("good", "not_evaluated"),
    ],
)  # fmt: skip
def test_child_pugh_is_given_as_a_class_a_score_or_both(value: float | str, expected: str) -> None:
    assert outcome(("A",), value, "child_pugh") == expected


def test_multiples_of_the_upper_limit_are_exact_at_the_limit() -> None:
    # 25.65 / 17.1 is 1.5, and "< 1.5" does not hold; in binary arithmetic the quotient is 1.4999999999999998
    assert outcome("< 1.5 x ULN", 25.65, uln={"x": 17.1}) == "violated"
    assert outcome("< 1.5 x ULN", 25.64, uln={"x": 17.1}) == "met"


def test_of_a_wrong_file_only_the_beginning_is_quoted(write: Write) -> None:
    with pytest.raises(ProtocolError, match="expected names with values") as refusal:
        read_facts(write("Dear colleague, thank you for referring the patient named below to our clinic.\nJane Doe\n"))
    assert "Jane Doe" not in str(refusal.value)


def test_a_number_below_zero_stands_for_a_missing_one():
    assert outcome("< 1.5 x ULN", -1, uln={"x": 17.1}) == "not_evaluated"
    assert outcome("< 3", -99) == "not_evaluated"
    assert outcome("< 3", 0) == "met"


@pytest.mark.parametrize(
    ("value", "expected"), [(50, "violated"), (75, "met"), (900, "met"), (50_000, "not_evaluated"), (0.2, "violated")]
)
def test_a_count_per_microlitre_is_none_in_giga_per_litre(value: float, expected: str) -> None:
    """Platelets of 50 000 per µL are 50 x 10^9/L, below 75; those of 900 occur."""
    rule = replace(parse_fact_rule("plt", ">= 75"), unit="10^9/L")
    assert judge_fact(rule, Facts(values={"plt": float(value)}))[0] == expected


def test_multiples_of_the_upper_limit_may_be_stated_outright() -> None:
    assert outcome("< 1.5 x ULN", "1.2 x ULN") == "met"


def test_without_the_upper_limit_nothing_is_decided() -> None:
    rule = parse_fact_rule("alt", "< 2.5 x ULN")
    assert judge_fact(rule, Facts(values={"alt": 30.0})) == (
        "not_evaluated",
        "the upper limit of normal is not given: alt_uln",
    )


# "Within 6 months" excludes. The reference date is 2025-08-31.
@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (date(2025, 2, 28), "met"),  # six months on is 2025-08-28
        (date(2025, 3, 1), "violated"),
        (date(2024, 12, 24), "met"),
        (date(2025, 8, 30), "violated"),
        ("2025-02", "met"),  # whichever day of February it was
        ("2025-03", "violated"),
        (False, "met"),  # never
        (True, "not_evaluated"),
        ("last spring", "not_evaluated"),
    ],
)
def test_an_event_must_lie_further_back_than_six_calendar_months(value: date | str | bool, expected: str) -> None:
    assert outcome("more than 6 months ago", value) == expected


def test_an_event_exactly_six_months_ago_is_within_six_months() -> None:
    facts = Facts(values={"x": date(2025, 2, 15)}, reference_date=date(2025, 8, 15))
    assert judge_fact(parse_fact_rule("x", "more than 6 months ago"), facts)[0] == "violated"


def test_without_a_reference_date_an_interval_is_not_decided() -> None:
    facts = Facts(values={"x": date(2025, 2, 15)})
    assert judge_fact(parse_fact_rule("x", "more than 6 months ago"), facts)[0] == "not_evaluated"


def test_the_reference_date_of_the_facts_comes_before_that_of_the_plan() -> None:
    facts = Facts(values={"x": date(2025, 2, 15)}, reference_date=date(2026, 1, 1))
    assert judge_fact(parse_fact_rule("x", "more than 6 months ago"), facts, date(2025, 3, 1))[0] == "met"


def test_a_condition_that_does_not_hold_makes_the_fact_not_applicable() -> None:
    (rule,) = (one for one in load_protocol("apatinib").facts if one.fact == "hbv_dna")
    assert judge_fact(rule, Facts(values={"hbv_infected": False, "hbv_dna": 9999.0}))[0] == "not_applicable"
    assert judge_fact(rule, Facts(values={"hbv_infected": True, "hbv_dna": 9999.0}))[0] == "violated"
    assert judge_fact(rule, Facts(values={"hbv_infected": True}))[0] == "not_evaluated"


@pytest.mark.parametrize("word", ["none", "no", "never", "false"])
def test_a_word_that_files_read_as_no_is_still_one_of_the_choices(write: Write, word: str) -> None:
    facts = read_facts(write(f"ascites: {word}\n"))
    assert judge_fact(parse_fact_rule("ascites", ("none", "mild")), facts)[0] == "met"
    assert judge_fact(parse_fact_rule("ascites", ("mild", "yes")), facts)[0] == "violated"


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
@pytest.mark.parametrize("rule", ["0-1", ">= 3", "< 1.5 x ULN"])
def test_a_number_that_is_not_finite_is_not_evaluated(rule: str, value: float) -> None:
    assert outcome(rule, value, uln={"x": 17.0}) == "not_evaluated"


def test_a_time_of_day_is_a_date() -> None:
    assert outcome("more than 2 weeks ago", datetime(2025, 8, 1, 12)) == "met"
    assert outcome("more than 6 months ago", datetime(2025, 8, 1, 12)) == "violated"


def test_a_fact_that_is_not_given_is_not_evaluated() -> None:
    assert judge_fact(parse_fact_rule("ecog", "0-1"), Facts()) == ("not_evaluated", "not given")


@pytest.mark.parametrize("rule", ["more than six months ago", "< 1.5 x UNL", ">= many", "3-1", "0-1 points"])
def test_a_rule_that_cannot_be_read_is_refused(rule: str) -> None:
    with pytest.raises(GoalSyntaxError):
        parse_fact_rule("x", rule)


def test_the_31st_becomes_the_last_day_of_a_shorter_month() -> None:
    assert later(date(2024, 8, 31), "months", 6) == date(2025, 2, 28)
    assert later(date(2023, 8, 31), "months", 6) == date(2024, 2, 29)
    assert later(date(2024, 2, 29), "years", 1) == date(2025, 2, 28)
    assert later(date(2025, 1, 1), "weeks", 2) == date(2025, 1, 15)


def test_an_interval_beyond_the_calendar_is_never_over() -> None:
    assert outcome("more than 999999999 months ago", date(2000, 1, 1)) == "violated"


def test_age_is_counted_in_completed_years() -> None:
    born = date(1949, 6, 15)
    assert [age_years(born, day) for day in (date(2024, 6, 14), date(2024, 6, 15), date(2025, 6, 14))] == [74, 75, 75]


def test_seventy_five_lasts_until_the_seventy_sixth_birthday() -> None:
    born = date(1949, 6, 15)
    last_day, birthday = age_years(born, date(2025, 6, 14)), age_years(born, date(2025, 6, 15))
    assert [outcome("18-75", float(age)) for age in (last_day, birthday)] == ["met", "violated"]


def test_what_dicom_tells_never_overrides_what_is_given() -> None:
    facts = Facts(values={"age": 40.0}).completed(age=41.0, female=None, ecog=1.0)
    assert facts.values == {"age": 40.0, "ecog": 1.0}


def test_a_fact_that_nobody_asks_for_is_warned_of_with_the_nearest_that_nobody_gave() -> None:
    (said,) = unused_facts(Facts(values={"hvi": False, "age": 40.0}), load_protocol("apatinib"))
    assert said.text == "The fact hvi is given, but apatinib does not use it; did you mean hiv?"
    assert (said.code, said.severity) == ("facts.unused", "warning")


@pytest.mark.parametrize("given", [{"shoe_size": 43.0}, {"hvi": False, "hiv": False}])
def test_a_fact_for_another_protocol_is_a_remark(given: dict[str, float]) -> None:
    (said,) = unused_facts(Facts(values=given), load_protocol("apatinib"))
    assert said.severity == "info"
    assert "did you mean" not in said.text


@pytest.mark.parametrize("name", ["apatinib", "axitinib"])
def test_the_template_names_every_fact_and_gives_none(write: Write, name: str) -> None:
    protocol = load_protocol(name)
    facts = read_facts(write(facts_template(protocol)))
    assert facts.values == {}
    assert set(asked_facts(protocol)) <= set(facts.lines)


def test_the_template_explains_each_fact_in_a_comment() -> None:
    lines = facts_template(load_protocol("apatinib")).splitlines()
    assert "ecog:                               # ECOG performance score: 0-1" in lines
    assert (
        "bilirubin_uln:                      # upper limit of normal (ULN) of the laboratory, in the same unit" in lines
    )
    assert "hbv_dna:                            # Hepatitis B virus DNA: < 500 IU/mL, only if hbv_infected" in lines
