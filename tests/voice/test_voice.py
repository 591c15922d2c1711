"""No text contains a phrase that rtcheck no longer uses: plain professional English, one word for one thing."""

import re

import pytest
from voice.phrases import FORBIDDEN, found_in
from voice.sources import NOT_YET_REVISED, TEXTS, Text, texts_of


@pytest.mark.parametrize("room", TEXTS)
def test_no_text_contains_a_phrase_that_is_no_longer_used(room: str) -> None:
    faults = [
        f"{text.place}: {phrase!r} -> {advice}: {text.words.strip()[:100]!r}"
        for text in texts_of(room)
        for phrase, advice in found_in(text.words)
    ]
    if room in NOT_YET_REVISED:
        pytest.skip(f"{room} is still to be revised: {len(faults)} phrases")
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("room", TEXTS)
def test_every_room_has_texts(room: str) -> None:
    assert sum(1 for _ in texts_of(room)) > 0


@pytest.mark.parametrize(
    "text",
    [
        "plan.dcm is no RT Plan.",
        "The dose was compressed with loss.",
        "Limits that the protocol asked for were left out.",
        "the same name, written otherwise",
        "This is a fault of rtcheck",
        "Go on in spite of this refusal.",
        "it stands in the report",
        "A protocol of the box",
    ],
)
def test_the_old_voice_is_recognised(text: str) -> None:
    assert list(found_in(text))


@pytest.mark.parametrize(
    "text",
    [
        "There is no protocol named x.",
        "It is no longer used.",
        "Besides, the dose is known; otherwise it is computed.",
        "The requested structure was omitted.",
        "rtcheck stands for the installed program.",
    ],
)
def test_plain_english_is_accepted(text: str) -> None:
    assert list(found_in(text)) == []


def test_every_pattern_is_a_regular_expression_with_advice() -> None:
    for pattern, advice in FORBIDDEN.items():
        assert re.compile(pattern)
        assert advice


def test_places_name_the_file_and_the_line() -> None:
    text = next(text for text in texts_of("cli") if isinstance(text, Text))
    assert re.fullmatch(r"rtcheck/cli/.*\.py:\d+", text.place)
