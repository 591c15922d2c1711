"""Decimals by array arithmetic: bit for bit what Python's float() makes of each, or nothing at all."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtcheck.dicom.encoding.decimals import plain_decimals

PLAIN = st.from_regex(r"[+-]?([0-9]{1,7}(\.[0-9]{0,7})?|\.[0-9]{1,8})", fullmatch=True)


@given(st.lists(st.lists(PLAIN, min_size=1, max_size=9), min_size=1, max_size=5))
def test_plain_decimals_are_what_float_says(texts: list[list[str]]) -> None:
    found = plain_decimals(["\\".join(value).encode() for value in texts])
    assert found is not None
    assert [[float(text) for text in value] for value in texts] == [list(value) for value in found]


@given(st.lists(st.text("0123456789.+-eE _\\,nan", max_size=18), min_size=1, max_size=4))
def test_whatever_is_read_is_what_float_says(texts: list[str]) -> None:
    found = plain_decimals([text.encode() for text in texts])
    if found is not None:
        assert [[float(part) for part in text.split("\\")] for text in texts] == [list(value) for value in found]


@pytest.mark.parametrize(
    "text",
    ["", "\\", "1\\", "1\\\\2", "1..2", "1.2.3", "-", "+-1", "1-2", ".", "1e3", "nan", "1_0", " 1", "1,5", "1\0"],
)
def test_what_is_no_plain_decimal_is_left_to_the_parser_that_explains(text: str) -> None:
    assert plain_decimals([b"1.5", text.encode()]) is None


def test_sixteen_digits_are_left_to_float() -> None:
    # 9007199254740993 is 2**53 + 1, which double precision does not have
    assert plain_decimals([b"9007199254740993"]) is None


def test_the_last_bit_is_right() -> None:
    # 0.1 + 0.2 is not 0.3: a sum of digits times negative powers would be off by a bit
    values = np.random.default_rng(3).uniform(-999, 999, 20_000)
    text = "\\".join(f"{value:.10f}"[:16] for value in values)
    (found,) = plain_decimals([text.encode()]) or [None]
    assert found is not None
    assert found.tolist() == [float(part) for part in text.split("\\")]
