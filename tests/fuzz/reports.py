"""Damaged files through the whole command: every report is written, well formed and unable to steer a terminal.

    python tests/fuzz/reports.py [FILES] [SEED]

The phantom has all that reports look at: holes in three forms, stored DVHs, CT slices, texts. One of its files is
damaged, mostly in its texts, and half of the cases are read out of a zip archive (some of them damaged in turn). A
case is a failure if the exit status is not 0, 1 or 3, if a report is not well formed, or if a control character comes
out. Of 1,500 files (seeds 1000 to 2499, 572 s) 14 let pydicom quote them on standard error, escape codes and all, which
is mended; none did anything else.
"""

import contextlib
import io
import json
import random
import re
import shutil
import struct
import sys
import zipfile
from pathlib import Path
from xml.etree import ElementTree

from mutations import MUTATIONS, main

from rtcheck.cli.main import main as rtcheck
from rtcheck.conformance.phantom import image_dataset, item, phantom_set, structures_dataset, write_file

NAMES = ("plan.dcm", "dose.dcm", "struct.dcm", "ct1.dcm")
FORMATS = ("json", "html", "csv", "junit", "markdown")
PROTOCOL = """
name: fuzz
prescription: {dose: 50 Gy, fractions: 25}
constraints:
  - {structure: PTV, goal: D95% >= 80 %}
  - {structure: Liver, goal: Dmean < 60 Gy}
  - {structure: SpinalCord, goal: D0.03cc < 65 Gy}
  - {structure: [Kidney_L, BODY], combine: each, goal: "V20Gy < 200 %"}
"""
# What texts are damaged with: escape codes, mark-up, formulas, other character sets, separators, a lone continuation.
NASTY = (
    b"\x1b[31m", b"\x1b]0;x\x07", b"\r\n", b"\x9b2J", b"\xe2\x80\xae", b"<script>", b"&amp;", b"]]>", b"=1+1", b"|",
    b"[/b]", b"`*_", b"%s{0}", b"\xcd\xb7\xb8\xb9", b"\xff\xfe", b"\x80", b"\\", b"'\"", b"\0",
)  # fmt: skip
TEXTS = (
    b"PTV", b"Liver", b"SpinalCord", b"Kidney_L", b"BODY", b"Phantom", b"PHANTOM", b"Beam 1", b"ISO_IR 192", b"PLAN",
)  # fmt: skip

_STEERING = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


def originals(folder: Path) -> dict[str, dict[str, bytes]]:
    """The phantom's files with each form of hole: form -> name -> content."""
    found = {}
    for form in ("keyhole", "nested", "xor"):
        phantom = phantom_set()
        phantom.structures = structures_dataset(holes=form)
        included = item(DVHROIContributionType="INCLUDED", ReferencedROINumber=2)
        phantom.dose.DVHSequence = [
            item(DVHType="CUMULATIVE", DoseUnits="GY", DVHDoseScaling=1, DVHVolumeUnits="CM3",
                 DVHData=[1.0, 600.0, 50.0, 300.0, 1.0, 0.0], DVHReferencedROISequence=[included])
        ]  # fmt: skip
        phantom.write(folder / form)
        for number in range(3):
            write_file(image_dataset(3.0 * number, number), folder / form / f"ct{number}.dcm")
        found[form] = {path.name: path.read_bytes() for path in (folder / form).iterdir()}
    return found


def garble_a_text(content: bytearray, rng: random.Random) -> None:
    """Something nasty in a name or label, at the same length."""
    for text in rng.sample(TEXTS, 3):
        start = content.find(text)
        if start >= 0:
            nasty = rng.choice(NASTY)[: len(text)]
            place = start + rng.randrange(len(text) - len(nasty) + 1)
            content[place : place + len(nasty)] = nasty


def shift_an_element(content: bytearray, rng: random.Random) -> None:
    """Some element becomes its neighbour in the dictionary."""
    start = rng.randrange(132, min(len(content) - 4, 3_000))
    content[start : start + 2] = struct.pack("<H", rng.choice((0x3004, 0x3006, 0x300A, 0x300C, 0x0010, 0x0028)))


def damaged(files: dict[str, dict[str, bytes]], seed: int) -> tuple[str, dict[str, bytes]]:
    """The name of the damage and the set with one file damaged, the same for the same seed."""
    rng = random.Random(seed)
    form, name = rng.choice(sorted(files)), rng.choice(NAMES)
    mutate = rng.choice((*MUTATIONS, *[garble_a_text] * 8, shift_an_element))
    content = bytearray(files[form][name])
    mutate(content, rng)
    contents = {**files[form], name: bytes(content)}
    if seed % 2:
        return f"{mutate.__name__} of {name}", contents
    archive = bytearray(_archive(contents))
    if seed % 8 == 0:
        mutate = rng.choice(MUTATIONS)
        mutate(archive, rng)
    return f"{mutate.__name__} of {name} in an archive", {"export.zip": bytes(archive)}


def _archive(contents: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    return stream.getvalue()


def outcome(folder: Path, contents: dict[str, bytes]) -> str:
    """The exit status in words; in capitals what must not be."""
    shutil.rmtree(folder / "set", ignore_errors=True)
    shutil.rmtree(folder / "out", ignore_errors=True)
    (folder / "set").mkdir()
    for name, content in contents.items():
        (folder / "set" / name).write_bytes(content)
    (folder / "fuzz.yaml").write_text(PROTOCOL, encoding="utf-8")
    formats = [word for name in FORMATS for word in ("--format", name)]
    arguments = [str(folder / "set"), "--protocol", str(folder / "fuzz.yaml"), *formats, "--output", f"{folder}/out/"]
    said = _said([*arguments, "--cross-check"])
    status = int(said.split()[0])
    if status not in (0, 1, 3):
        return f"STATUS {said[:300]}"
    reports = [path for path in (folder / "out").iterdir() if path.is_file()]
    if len(reports) != len(FORMATS):
        return f"MISSING: {len(reports)} of {len(FORMATS)} reports"
    for path in reports:
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".json":
            json.loads(text, parse_constant=_refuse)
        elif path.suffix == ".xml":
            ElementTree.fromstring(text)
        if _STEERING.search(text + said):
            return f"CONTROL CHARACTER in {path.name}"
    return f"exit status {status}"


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is no JSON")


def _said(arguments: list[str]) -> str:
    """The exit status, and what the command wrote on either stream."""
    out, status = io.StringIO(), 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        try:
            rtcheck(arguments)
        except SystemExit as leaving:
            status = int(leaving.code or 0)
    return f"{status} {out.getvalue()}"


if __name__ == "__main__":
    sys.exit(main(originals, damaged, outcome, usual=2_000))
