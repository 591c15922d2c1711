"""A pattern behaves as the compiled regular expression, and is compiled only when it is used."""

import re

import pytest

from rtcheck.patterns import pattern


@pytest.mark.parametrize(("text", "flags"), [(r"(\d+)\s*Gy", re.IGNORECASE), ("[a-z]+", 0)])
@pytest.mark.parametrize("word", ["45 gy", "Gy", "", "abc 1Gy 2 gy"])
def test_a_pattern_finds_what_the_regular_expression_finds(text, flags, word):
    ours, theirs = pattern(text, flags), re.compile(text, flags)
    assert [found.span() for found in ours.finditer(word)] == [found.span() for found in theirs.finditer(word)]
    assert ours.sub("x", word) == theirs.sub("x", word)
    assert (ours.match(word) is None) == (theirs.match(word) is None)
    assert (ours.pattern, ours.groups) == (theirs.pattern, theirs.groups)


def test_a_pattern_is_compiled_when_it_is_first_used(monkeypatch):
    compiled = []
    monkeypatch.setattr(re, "compile", lambda *arguments: compiled.append(arguments))
    unused = pattern("(")  # a fault would show
    assert compiled == []
    monkeypatch.undo()
    with pytest.raises(re.error):
        unused.match("")
