"""Doses that dcmtk compressed without loss: the numbers of the uncompressed file, or a word on what is missing."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from support.phantom_case import write_phantom
from support.programs import needs_program

from rtcheck.dicom import read_case

# Run in a process of its own: pydicom looks for decoders once, when it is imported.
WITHOUT_DECODERS = """
import sys
for name in ("gdcm", "pylibjpeg", "openjpeg", "libjpeg", "jpeg_ls", "PIL"):
    sys.modules[name] = None
from rtcheck.cli.main import main
main(["dvh", sys.argv[1]])
"""


def compressed(folder: Path, *command: str) -> Path:
    """The phantom with its dose compressed by one of dcmtk's programs."""
    write_phantom(folder)
    subprocess.run([*command, folder / "dose.dcm", folder / "small.dcm"], check=True, capture_output=True)
    (folder / "small.dcm").replace(folder / "dose.dcm")
    return folder


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(("dcmcjpeg", "+e1"), marks=needs_program("dcmcjpeg"), id="JPEG lossless, first order"),
        pytest.param(("dcmcjpeg", "+el"), marks=needs_program("dcmcjpeg"), id="JPEG lossless"),
        pytest.param(("dcmcjpls",), marks=needs_program("dcmcjpls"), id="JPEG-LS"),
        pytest.param(("dcmcrle",), marks=needs_program("dcmcrle"), id="RLE"),
    ],
)
def test_a_dose_compressed_without_loss_is_the_same_dose(command: tuple[str, ...], tmp_path: Path) -> None:
    if command[0] != "dcmcrle":
        pytest.importorskip("gdcm", reason="pip install 'rtcheck[jpeg]' decodes JPEG")
    plain, packed = read_case(write_phantom(tmp_path / "plain")), read_case(compressed(tmp_path / "packed", *command))
    assert plain.dose is not None
    assert packed.dose is not None
    assert np.array_equal(packed.dose.dose_gy, plain.dose.dose_gy)


@needs_program("dcmcjpls")
def test_without_a_decoder_the_refusal_says_what_to_install(tmp_path: Path) -> None:
    folder = compressed(tmp_path / "packed", "dcmcjpls")
    done = subprocess.run([sys.executable, "-c", WITHOUT_DECODERS, folder], capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert "pip install 'rtcheck[jpeg]'" in " ".join(done.stderr.split())
