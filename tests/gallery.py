"""Writes the reports of all sample patients in every format, with an index, and the README's two pictures.

python tests/gallery.py out/gallery            the reports and index.html
python tests/gallery.py out/gallery --pictures also sample_dicom/report.png and slices.png (needs Chromium)
"""

import sys
from pathlib import Path

from support.browser import chromium

from rtcheck.checking.check import check
from rtcheck.dicom import read_case
from rtcheck.protocol.file.load import load_protocol
from rtcheck.report import FORMATS, render
from rtcheck.report.pages.batch_index import index_row, render_index

SAMPLES = Path(__file__).resolve().parents[1] / "sample_dicom"
SHOWN = "apatinib_56gy_stomach_fails"
WIDTH, TABLE_SCALE, SLICES_SCALE = 1200, 0.75, 0.64  # a README's pictures stay below 150 kB


def write_gallery(out: Path) -> Path:
    """One folder for each patient and an index over them; the protocol is the first word of the patient's folder."""
    rows = []
    for patient in sorted(folder for folder in SAMPLES.iterdir() if (folder / "plan.dcm").is_file()):
        name = patient.name.partition("_")[0]
        command = ("rtcheck", f"sample_dicom/{patient.name}", "--protocol", name)
        report = check(read_case(patient), load_protocol(name), command=command)
        for kind, form in FORMATS.items():
            path = out / patient.name / f"report{form.suffixes[0]}"
            path.parent.mkdir(parents=True, exist_ok=True)
            content = render(report, kind)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        rows.append(index_row(report, name=patient.name, href=f"{patient.name}/report.html"))
    index = out / "index.html"
    index.write_text(render_index(rows, protocol="the sample patients", command="python tests/gallery.py"), "utf-8")
    return index


def take_pictures(gallery: Path, to: Path) -> None:
    """The failing patient's verdict with its table, and its slices, small enough for a README."""
    with chromium() as page:
        page.open(gallery / SHOWN / "report.html", width=WIDTH, height=900)
        middle = page.evaluate("document.getElementById('curves').getBoundingClientRect().top + scrollY")
        end = page.evaluate("document.querySelector('.dl2').getBoundingClientRect().bottom + scrollY + 16")
        page.screenshot(to / "report.png", clip=(0, 0, WIDTH, middle), scale=TABLE_SCALE)
        page.screenshot(to / "slices.png", clip=(0, middle, WIDTH, end - middle), scale=SLICES_SCALE)


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else Path("out/gallery")
    print(write_gallery(target))
    if "--pictures" in sys.argv:
        take_pictures(target, SAMPLES)
