"""Alias files: what they may say, and the faults that are shown with their lines."""

import pytest

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
