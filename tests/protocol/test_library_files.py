"""What every protocol in the box has: sources with addresses, how they were read, its fractions, and clean lint."""

import pytest

from rtcheck.geometry.expression import names_in, parse_expression
from rtcheck.protocol.file.library import protocol_files
from rtcheck.protocol.file.load import load_protocol
from rtcheck.protocol.lint import lint
from rtcheck.protocol.names import tg263

TRIALS = {"apatinib", "axitinib"}  # they ask for the fractions in their prescription
PUBLISHED = sorted(set(protocol_files()) - TRIALS)


@pytest.mark.parametrize("name", sorted(protocol_files()))
def test_no_file_has_a_lint_message(name):
    assert [str(message) for message in lint(protocol_files()[name])] == []


@pytest.mark.parametrize("name", sorted(protocol_files()))
def test_each_source_says_its_address_and_how_it_was_read(name):
    protocol = load_protocol(name)
    assert protocol.sources
    assert all(source.url.startswith(("https://", "http://")) and source.read for source in protocol.sources)
    known = {source.id for source in protocol.sources}
    assert all(one.source in known or (not one.source and len(known) == 1) for one in protocol.constraints)


@pytest.mark.parametrize("name", PUBLISHED)
def test_each_published_table_is_refused_on_plans_of_other_fractions(name):
    assert load_protocol(name).fractions is not None


@pytest.mark.parametrize("name", sorted(protocol_files()))
def test_each_file_is_called_as_its_protocol_and_has_a_title_and_a_site(name):
    protocol = load_protocol(name)
    assert protocol.name == name
    assert protocol.title
    assert protocol.site


@pytest.mark.parametrize("name", sorted(protocol_files()))
def test_all_structures_have_tg263_names(name):
    stated = {structure for one in load_protocol(name).constraints for structure in one.structures}
    asked = {part.name for structure in stated for part in names_in(parse_expression(structure))}
    assert {structure for structure in asked if not tg263.is_tg263(structure)} == set()


def test_tg101_is_titled_partial():
    for fractions in (1, 3, 5):
        protocol = load_protocol(f"tg101_{fractions}fx")
        assert "partial" in protocol.title
        assert not {"Lungs", "Lung_L"} & {name for one in protocol.constraints for name in one.structures}


def test_liver_and_kidney_of_tg101_are_there_for_one_fraction_only():
    held = {
        fractions: {name for one in load_protocol(f"tg101_{fractions}fx").constraints for name in one.structures}
        for fractions in (1, 3, 5)
    }
    assert {"Liver", "Kidney_Cortex"} <= held[1]
    assert not {"Liver", "Kidney_Cortex"} & (held[3] | held[5])


def test_quantec_is_advisory_and_each_limit_has_its_endpoint():
    protocol = load_protocol("quantec")
    assert all(one.priority == "advisory" and one.note.startswith("endpoint: ") for one in protocol.constraints)


def test_rtog_0415_is_the_arm_of_41_fractions():
    fractions = load_protocol("rtog_0415").fractions
    assert fractions is not None
    assert (fractions.low, fractions.high) == (41, 41)
