"""A report's looks: the structure set's colours, targets told apart, the clinic's letterhead, and who made the plan."""

import base64
import struct
import subprocess
import zlib
from dataclasses import replace
from pathlib import Path

import pytest
from support.command_line import run
from support.phantom_case import read_phantom
from support.programs import needs_program
from support.reports import phantom_case, phantom_report
from support.samples import PASSES

from rtcheck.case import Equipment
from rtcheck.conformance.phantom import PhantomSet
from rtcheck.errors import ProtocolError
from rtcheck.report.charts.palette import BLACK, DARK, WHITE, contrast, line_styles, own_colours, style_rules
from rtcheck.report.formats import html, junit, pdf, terminal
from rtcheck.report.formats.json_ import as_dict
from rtcheck.report.telling.letterhead import Letterhead, Logo, read_letterhead
from rtcheck.report.telling.style import ReportStyle
from rtcheck.results import Report

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 2 1"><rect width="2" height="1"/></svg>'
HEAD = Letterhead(
    name="Clinic <of> #Radiotherapy",
    contact=("1 Example Street", "+00 123"),
    foot="Form RO-17",
    signatures=("Physicist", "Physician"),
    logo=Logo(content=SVG, kind="svg"),
)


def rgb(colour: str) -> tuple[int, ...]:
    return tuple(int(colour[at : at + 2], 16) for at in (1, 3, 5))


def test_a_contrast_is_that_of_wcag() -> None:
    """Black on white is 21; #767676 on white is the grey of 4.54 that the guideline's authors name."""
    assert contrast(BLACK, WHITE) == pytest.approx(21)
    assert contrast((0x76, 0x76, 0x76), WHITE) == pytest.approx(4.54, abs=0.005)


@pytest.mark.parametrize("colour", [(255, 255, 0), (0, 0, 128), (255, 0, 0), (255, 255, 255), (0, 0, 0), (0, 255, 255)])
def test_a_display_colour_is_seen_on_every_ground(colour: tuple[int, int, int]) -> None:
    for shown, ground in zip(own_colours(colour), (WHITE, DARK, BLACK), strict=True):
        assert contrast(rgb(shown), ground) >= 4.5


def test_a_display_colour_that_is_seen_already_stays_as_it_is() -> None:
    assert own_colours((255, 255, 0))[1:] == ("#ffff00", "#ffff00")
    assert own_colours((0, 0, 128))[0] == "#000080"


def test_twelve_targets_of_a_kind_are_told_apart_by_more_than_their_dashes() -> None:
    """Four hues, and no two of the twelve lines alike."""
    styles = line_styles([f"PTV_{number}" for number in range(12)])
    assert len({style.light for style in styles.values()}) == 4
    assert len({(style.light, style.dash) for style in styles.values()}) == 12
    assert len({style.dash for style in list(styles.values())[:4]}) == 4  # none is solid like an organ but the first
    for style in styles.values():
        assert contrast(rgb(style.light), WHITE) >= 4.5
        assert contrast(rgb(style.dark), DARK) >= 4.5
        assert contrast(rgb(style.on_black), BLACK) >= 4.5


def test_own_colours_take_the_place_of_ours_only_where_they_are_chosen() -> None:
    rules = style_rules(list(line_styles(["Liver", "Heart"], {"Liver": (0, 255, 255), "Heart": None}).values()))
    assert ".own .sl .s0{--c:#00ffff}" in rules
    assert ".own .s1" not in rules


def test_the_reader_takes_the_display_colour_and_does_without_a_malformed_one(tmp_path: Path) -> None:
    def change(phantom: PhantomSet) -> None:
        contours = phantom.structures.ROIContourSequence
        contours[0].ROIDisplayColor = [1, 2, 3]
        contours[1].ROIDisplayColor = [1, 2]
        contours[2].ROIDisplayColor = [1, 2, 300]

    rois = read_phantom(tmp_path, change).structures.rois  # type: ignore[union-attr]
    assert [roi.display_colour for roi in rois[:3]] == [(1, 2, 3), None, None]


def coloured_report() -> Report:
    report = phantom_report()
    drawings = tuple(replace(each, display_colour=(0, 255, 255)) for each in report.drawings())
    return replace(report, drawings=lambda: drawings)


def test_the_page_offers_own_colours_where_there_are_some() -> None:
    page = html.render(coloured_report())
    assert 'id="colours"' in page
    assert '<body class="own">' not in page
    assert '<body class="own">' in html.render(coloured_report(), style=ReportStyle(own_colours=True))
    assert 'id="colours"' not in html.render(phantom_report())


def made_with(**changes: object) -> Report:
    equipment = Equipment(
        institution="Example Hospital", planner="Roe^Richard", reviewer="Poe^Paula^^Dr", machines=("TrueBeam 2",),
        planning_system="Planner 5.1 (Maker)", dose_comment="AAA 15.6", heterogeneity="IMAGE",
    )  # fmt: skip
    return phantom_report(case=replace(phantom_case(), equipment=replace(equipment, **changes)))  # type: ignore[arg-type]


def test_reports_state_who_and_what_made_the_plan_and_logs_name_no_people() -> None:
    report = made_with()
    page = html.render(report)
    for said in ("TrueBeam 2", "Planner 5.1 (Maker)", "dose comment: AAA 15.6", "densities from the image"):
        assert said in page
        assert said in terminal.render(report)
        assert said in junit.render(report)
    for person in ("Example Hospital", "planned by Roe, Richard", "reviewed by Poe, Paula Dr"):
        assert person in page
        assert person not in terminal.render(report)
        assert person not in junit.render(report)
    assert as_dict(report)["case"]["equipment"]["machines"] == ["TrueBeam 2"]


def test_an_anonymous_report_names_neither_clinic_nor_people() -> None:
    report = made_with()
    page = html.render(report, anonymous=True)
    for named in ("Example Hospital", "Roe", "Poe", "AAA 15.6"):
        assert named not in page
    told = as_dict(report, anonymous=True)["case"]["equipment"]
    assert (told["institution"], told["planner"], told["reviewer"], told["dose_comment"]) == (None,) * 4
    assert told["planning_system"] == "Planner 5.1 (Maker)"


def test_equipment_is_read_from_plan_and_dose(tmp_path: Path) -> None:
    def change(phantom: PhantomSet) -> None:
        plan, dose = phantom.plan, phantom.dose
        plan.InstitutionName, plan.OperatorsName, plan.ReviewerName = "Clinic", ["Roe^Richard", "Doe^Jane"], "Poe^Paula"
        plan.Manufacturer, plan.ManufacturerModelName, plan.SoftwareVersions = "ADAC", "Pinnacle3", ["9.10", "9.10"]
        for beam in plan.BeamSequence:
            beam.TreatmentMachineName = "Axesse"
        dose.DoseComment, dose.TissueHeterogeneityCorrection = "CC Convolution", ["IMAGE", "ROI_OVERRIDE"]

    assert read_phantom(tmp_path, change).equipment == Equipment(
        institution="Clinic", planner="Roe^Richard\\Doe^Jane", reviewer="Poe^Paula", machines=("Axesse",),
        planning_system="Pinnacle3 9.10 (ADAC)", dose_comment="CC Convolution", heterogeneity="IMAGE\\ROI_OVERRIDE",
    )  # fmt: skip


def test_the_page_has_the_clinics_head_and_lines_to_sign() -> None:
    page = html.render(phantom_report(), style=ReportStyle(letterhead=HEAD))
    assert "<b>Clinic &lt;of&gt; #Radiotherapy</b>" in page
    assert f'src="data:image/svg+xml;base64,{base64.b64encode(SVG).decode()}"' in page
    assert page.count("<span>Date</span>") == 2
    assert "Form RO-17" in page
    assert page.index("Physician</span>") > page.index('id="provenance"')


@needs_program("pdftotext")
def test_the_pdf_has_the_clinics_head_and_lines_to_sign(tmp_path: Path) -> None:
    pytest.importorskip("typst")
    path = tmp_path / "report.pdf"
    head = replace(HEAD, logo=Logo(content=png(), kind="png"))
    path.write_bytes(pdf.render(phantom_report(), style=ReportStyle(letterhead=head)))
    text = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, text=True, check=True).stdout
    assert text.index("Clinic <of> #Radiotherapy") < text.index("Stomach Dmax")
    last = text.rpartition("Signatures")[2]
    assert last.index("Physicist") < last.index("Physician") < last.index("Form RO-17")


def png() -> bytes:
    """One grey pixel, by the chunk layout of the specification."""
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)),
        (b"IDAT", zlib.compress(b"\0\x80")),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    )


def test_a_letterhead_is_read_with_its_logo_beside_it(tmp_path: Path) -> None:
    (tmp_path / "logo.svg").write_bytes(SVG)
    (tmp_path / "head.yaml").write_text("name: Clinic\nlogo: logo.svg\ncontact: [Street, Town]\n", encoding="utf-8")
    found = read_letterhead(tmp_path / "head.yaml")
    assert found == Letterhead(name="Clinic", contact=("Street", "Town"), logo=Logo(content=SVG, kind="svg"))
    assert found.signatures == ("Physicist", "Physician")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("contact: [x]\n", 'needs "name"'),
        ("name: C\nlogo: absent.png\n", "head.yaml:2: logo: absent.png cannot be read"),
        ("name: C\nlogo: photo.jpg\n", "head.yaml:2: logo: photo.jpg is neither a PNG nor a plain SVG"),
        ("name: C\nlogo: bomb.svg\n", "head.yaml:2: logo: bomb.svg is neither a PNG nor a plain SVG"),
        ("name: C\nsignature: [x]\n", "signature"),
        ("name: C\ncontact: {a: b}\n", "head.yaml:2: contact"),
        ("", "the file is empty"),
    ],
)
def test_a_faulty_letterhead_is_refused_with_its_line(tmp_path: Path, text: str, expected: str) -> None:
    (tmp_path / "photo.jpg").write_bytes(b"\xff\xd8\xff\xe0 no picture for us")
    (tmp_path / "bomb.svg").write_bytes(b'<!DOCTYPE svg [<!ENTITY a "b">]><svg>&a;</svg>')
    (tmp_path / "head.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ProtocolError) as caught:
        read_letterhead(tmp_path / "head.yaml")
    assert expected in str(caught.value)


def test_a_saved_report_takes_the_same_choices_as_the_command_line(tmp_path: Path) -> None:
    (tmp_path / "head.yaml").write_text("name: Clinic of Tests\n", encoding="utf-8")
    saved = coloured_report().save(
        tmp_path / "report.html", unit="cGy", letterhead=tmp_path / "head.yaml", own_colours=True
    )
    page = saved.read_text(encoding="utf-8")
    for said in ("<b>Clinic of Tests</b>", "5520 cGy", '<body class="own">'):
        assert said in page
    assert (
        run(PASSES, "-p", "apatinib", "-o", tmp_path / "b.html", "--letterhead", tmp_path / "absent.yaml").status == 2
    )
    assert not (tmp_path / "b.html").exists()
