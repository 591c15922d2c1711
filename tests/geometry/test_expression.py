"""The language of derived structures: what each text means, and how a fault is shown."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import shapes

from rtcheck.errors import GoalSyntaxError
from rtcheck.geometry.boolean import evaluate
from rtcheck.geometry.build import build_solid
from rtcheck.geometry.expression import (
    AllOf,
    Difference,
    Intersection,
    Margin,
    Name,
    Union,
    names_in,
    parse_expression,
    quoted,
)

A, B, C = Name("A"), Name("B"), Name("C")
NO_OPERATOR = "expected an operator: -, |, & or + with a margin; put a name that contains such characters in quotes"


def margin(of, *margins_mm):
    return Margin(of, margins_mm if len(margins_mm) == 6 else margins_mm * 6)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A", A),
        ("Liver-GTV", Name("Liver-GTV")),
        ("PTV+5mm", Name("PTV+5mm")),
        ("normal liver", Name("normal liver")),
        ("PTV 50.4", Name("PTV 50.4")),
        ("5350 (VMAT)", Name("5350 (VMAT)")),
        ("Lung(L) old", Name("Lung(L) old")),
        ("A (1) - B (2)", Difference(Name("A (1)"), Name("B (2)"))),
        ("(A (1) | B) & C", Intersection(Union(Name("A (1)"), B), C)),
        ('"5350 (VMAT)" - B', Difference(Name("5350 (VMAT)"), B)),
        ('"A - B"', Name("A - B")),
        ("'Bowel & Bladder'", Name("Bowel & Bladder")),
        ("Liver - all GTV", Difference(Name("Liver"), AllOf("GTV"))),
        ("A - B", Difference(A, B)),
        ("A | B", Union(A, B)),
        ("A|B", Union(A, B)),
        ("A & B", Intersection(A, B)),
        ("A - B - C", Difference(Difference(A, B), C)),
        ("A - (B | C)", Difference(A, Union(B, C))),
        ("A | B & C", Union(A, Intersection(B, C))),
        ("(A | B) & C", Intersection(Union(A, B), C)),
        ("A + 5 mm", margin(A, 5.0)),
        ("A + 5mm", margin(A, 5.0)),
        ("A - 3.5 mm", margin(A, -3.5)),
        ("A - 3 mm - B", Difference(margin(A, -3.0), B)),
        ("A - B + 5 mm", Difference(A, margin(B, 5.0))),
        ("(A - B) + 5 mm", margin(Difference(A, B), 5.0)),
        ("A + (L 5, R 4, P 7, A 6, S 8, I 9) mm", margin(A, 5.0, 4.0, 7.0, 6.0, 8.0, 9.0)),
        ("A + (S 8) mm", margin(A, 0.0, 0.0, 0.0, 0.0, 8.0, 0.0)),
        ("all CTV + 5 mm | B", Union(margin(AllOf("CTV"), 5.0), B)),
    ],
)
def test_what_an_expression_means(text, expected):
    assert parse_expression(text) == expected


@pytest.mark.parametrize(
    ("text", "message", "place"),
    [
        ("", "expected a structure name", 0),
        ("A -", "expected a structure name", 3),
        ("- A", "expected a structure name", 0),
        ("A | | B", "expected a structure name", 4),
        ("A + B", "expected a margin such as 5 mm (for a union write |)", 4),
        ("A + 5 cm", "expected a margin such as 5 mm (for a union write |)", 4),
        ("(A", "expected a closing parenthesis", 2),
        ("A)", NO_OPERATOR, 1),
        ("A 'b'", NO_OPERATOR, 2),
        ("A & 'b", "this quotation mark is not closed", 4),
        ("A + (L 5, Q 3) mm", "expected a side (L, R, P, A, S, I) and its margin", 10),
        ("A + (L 5, S 3)", "expected ) mm", 13),
    ],
)
def test_a_fault_is_shown_at_its_place(text, message, place):
    with pytest.raises(GoalSyntaxError) as fault:
        parse_expression(text)
    assert str(fault.value).splitlines() == [message, f"    {text}", "    " + " " * place + "^"]


@given(st.text(alphabet="AB()|&-+ ,'\"5mL", max_size=30))
def test_any_text_is_an_expression_or_a_fault(text):
    with contextlib.suppress(GoalSyntaxError):
        parse_expression(text)


@given(st.text(alphabet="AB()|&-+ ,'5mL", max_size=20).filter(str.strip))
def test_a_quoted_name_is_read_as_that_name(name):
    assert parse_expression(quoted(name)) == Name(name)


def test_a_name_with_double_quotes_stands_in_single_ones():
    assert parse_expression(quoted('a "b"')) == Name('a "b"')


def test_parentheses_nested_without_end_are_a_fault():
    with pytest.raises(GoalSyntaxError, match="fewer nested parentheses"):
        parse_expression("(" * 10_000 + "A" + ")" * 10_000)


def test_names_are_listed_once_from_left_to_right():
    assert names_in(parse_expression("A - (all GTV | B) + 3 mm & A")) == (A, AllOf("GTV"), B)


CUBES = {"A": shapes.cube(10), "B": shapes.cube(4, corner=(3, 3, 3)), "C": shapes.cube(10, corner=(20, 0, 0))}


@pytest.mark.parametrize(
    ("text", "volume"),
    [("A - B", 936), ("A | C", 2000), ("A & B", 64), ("A & C", 0), ("(A | C) - B", 1936), ("A - (B | C)", 936)],
)
def test_an_expression_is_evaluated_from_the_solids_of_its_names(text, volume):
    solid = evaluate(parse_expression(text), lambda leaf: build_solid(CUBES[leaf.name]))
    assert shapes.volume_mm3(solid) == pytest.approx(volume)


def test_a_margin_grows_the_solid_on_every_side():
    solid = evaluate(parse_expression("A + 5 mm"), lambda leaf: build_solid(CUBES[leaf.name]))
    # a cube of side 10 grown by 5: faces 6 * 500, edges 12 * 10 * 25 pi / 4, corners a ball of radius 5
    assert shapes.volume_mm3(solid) == pytest.approx(1000 + 3000 + 3000 * 3.14159 / 4 + 523.6, rel=0.02)
