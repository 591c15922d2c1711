"""What David Clunie's dciodvfy says of a file.

Of 2022 it aborts at pixels of 32 bits, before it has checked anything: words of pixels have 16 bits at most in it
(attrothr.cc: "bitsallocated <= bytesinword*8u"). It does so with the doses of planning systems, too, although an RTDOSE
may have 32 bits (PS3.3 C.8.8.3). It gets a copy with 16.
"""

import subprocess
from pathlib import Path

import numpy as np
from pydicom import dcmread


def faults_of_rtdose(path: Path) -> list[str]:
    """The errors and warnings in everything but the pixels of an RTDOSE; fails where it is not recognised as one."""
    file = dcmread(path)
    if file.BitsAllocated == 32:
        pixels = (file.pixel_array >> 16).astype(np.uint16)
        file.BitsAllocated = file.BitsStored = 16
        file.HighBit = 15
        file.PixelData = pixels.tobytes()
        path = path.with_name(f"{path.stem}_16bit.dcm")
        file.save_as(path)
    told = subprocess.run(["dciodvfy", path], capture_output=True, text=True, check=False).stderr.splitlines()
    assert "RTDose" in told, told
    return [line for line in told if line.startswith(("Error", "Warning"))]
