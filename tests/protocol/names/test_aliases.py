"""Alias files: what they may say, and the faults that are shown with their lines."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtcheck.errors import ProtocolError
from rtcheck.protocol.names.aliases import draft_aliases, read_aliases


def test_a_list_or_a_single_spelling_is_read(tmp_path):
    path = tmp_path / "clinic.yaml"
    path.write_text("Kidney_L: [Niere li, LtKid]\nLiver: Leber_ges\n", encoding="utf-8")
    aliases = read_aliases(path)
    assert aliases.of("Kidney_L") == ("Niere li", "LtKid")
    assert aliases.of("Liver") == ("Leber_ges",)
    assert aliases.owners("leber ges") == ("Liver",)


def test_an_empty_file_holds_no_aliases(tmp_path):
    path = tmp_path / "clinic.yaml"
    path.write_text("# nothing yet\n", encoding="utf-8")
    assert dict(read_aliases(path).spellings) == {}


def test_all_faults_are_shown_at_once_with_their_lines(tmp_path):
    path = tmp_path / "clinic.yaml"
    path.write_text("Liver: [Leber]\nStomach: []\nLiver: [Hepar]\nSpleen: [leber]\n", encoding="utf-8")
    with pytest.raises(ProtocolError) as fault:
        read_aliases(path)
    assert [text.split(": ")[0].rsplit(":", 1)[1] for text in fault.value.faults] == ["2", "3", "4"]


@pytest.mark.parametrize(("text", "line"), [("Liver: [Leber\n", 2), ("- Liver\n", 1)])
def test_a_file_of_another_form_is_refused_with_its_line(tmp_path, text, line):
    path = tmp_path / "clinic.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ProtocolError, match=rf"clinic\.yaml:{line}: "):
        read_aliases(path)


def test_a_missing_file_is_a_protocol_error(tmp_path):
    with pytest.raises(ProtocolError, match=r"none\.yaml: cannot be read"):
        read_aliases(tmp_path / "none.yaml")


def test_a_draft_writes_what_was_matched_and_only_suggests_the_rest(tmp_path):
    draft = draft_aliases(
        [("Liver", ("Liver",), ()), ("Kidney_L", ("Niere: li",), ()), ("Stomach", (), ("stomache", "M, alt"))]
    )
    path = tmp_path / "draft.yaml"
    path.write_text(draft, encoding="utf-8")
    assert dict(read_aliases(path).spellings) == {"Kidney_L": ("Niere: li",)}
    assert '# Stomach: [stomache, "M, alt"]' in draft


def test_lines_that_settle_targets_are_read_and_stand_for_no_name(tmp_path):
    path = tmp_path / "clinic.yaml"
    path.write_text("all GTV: [GTV-PET]\nnot gtvs: [GTV_5mm]\nGTVp: [GTV-PET]\n", encoding="utf-8")
    aliases = read_aliases(path)
    assert (aliases.selects("gtv-pet", "GTV"), aliases.selects("GTV 5MM", "GTV")) == (True, False)
    assert aliases.selects("GTV-PET", "PTV") is None
    assert aliases.owners("GTV-PET") == ("GTVp",)


def test_a_spelling_that_is_and_is_not_a_target_is_a_fault(tmp_path):
    path = tmp_path / "clinic.yaml"
    path.write_text("all GTV: [GTV_2]\nnot GTV: [gtv 2]\n", encoding="utf-8")
    with pytest.raises(ProtocolError, match="both as `all GTV` and as `not GTV`"):
        read_aliases(path)


names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=10).filter(str.strip)


@given(st.dictionaries(names, st.tuples(st.lists(names, max_size=2), st.lists(names, max_size=2)), max_size=5))
def test_an_untouched_draft_always_loads_and_says_nothing_that_was_not_matched(rows):
    """Whatever the names: of YAML's own signs, of several lines, the same ROI matched to two names."""
    drafted = [(name, tuple(matched), tuple(suggested)) for name, (matched, suggested) in rows.items()]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "draft.yaml"
        path.write_text(draft_aliases(drafted, [("all GTV: [x]", "not GTV: [x]")]), encoding="utf-8", newline="")
        read = read_aliases(path)
    assert all(list(spelled) == rows[name][0] for name, spelled in read.spellings.items())


def test_a_roi_that_two_names_were_matched_to_stays_a_comment(tmp_path):
    path = tmp_path / "draft.yaml"
    path.write_text(draft_aliases([("External", ("Haut",), ()), ("Body", ("Haut",), ())]), encoding="utf-8")
    assert dict(read_aliases(path).spellings) == {}
    assert "# External: [Haut]" in path.read_text(encoding="utf-8")
