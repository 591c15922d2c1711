"""The clinic words of clinical/structure_synonyms.csv: each is a match, or a suggestion because it is not certain."""

import csv
from collections.abc import Iterator

import pytest
from support.real_data import CLINICAL

from rtcheck.case import Roi
from rtcheck.protocol.names.folding import all_joined, joined
from rtcheck.protocol.names.match import match_name

TABLE = CLINICAL / "structure_synonyms.csv"
LANGUAGES = ("reverse", "en", "zh", "de", "fr", "es", "it", "nl", "ja")
# Words that mean another name of TG-263: both small bowels' parts have one, and so has the body.
OTHERS = {("Bowel_Small", "jejunum ileum"), ("External", "Körper")}


def words() -> Iterator[tuple[str, str]]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            for language in LANGUAGES:
                yield from ((row["tg263"], word) for word in (row[language] or "").split(";") if word)


@pytest.mark.skipif(not TABLE.is_file(), reason="the table of synonyms is not at hand")
def test_every_word_of_the_table_is_matched_or_suggested():
    left_alone = set()
    for name, word in words():
        match = match_name(name, [Roi(number=1, name=word, contours=5)])
        if not match.is_matched and word not in match.suggestions:
            left_alone.add((name, word))
    assert left_alone == OTHERS


def test_a_whole_dictionary_is_folded_as_its_words_are_one_by_one():
    words = ["Spinal  Cord", "Rib_03", "00", "", " ", "Niere li", "Œsophage", "ﬁbula", "左肾", "ガ", "0é", "Straße_01"]
    assert all_joined(words) == [joined(word) for word in words]
    assert all_joined(words[:4]) == ["spinalcord", "rib3", "0", ""]
