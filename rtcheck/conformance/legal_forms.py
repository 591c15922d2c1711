"""The phantom in every legal variant: orientations, encodings, bit depths, offsets, contour forms, containers."""

import zipfile
from functools import partial
from pathlib import Path
from typing import Any

from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    RLELossless,
)

from rtcheck.conformance.phantom import (
    ORIENTATIONS,
    ROOT,
    PhantomSet,
    beam_share,
    dose_dataset,
    image_dataset,
    plan_dataset,
    structures_dataset,
    write_file,
)
from rtcheck.conformance.registry import LEGAL, Specimen, legal

_FILES = ("plan.dcm", "dose.dcm", "struct.dcm")


def _with_dose(phantom: PhantomSet, folder: Path, **form: Any) -> None:
    phantom.dose = dose_dataset(**form)
    phantom.write(folder)


def _add(name: str, sentence: str, build: Any) -> None:
    LEGAL.append(Specimen(name=name, sentence=sentence, expected="agree", codes=(), build=build))


for _orientation in ORIENTATIONS:
    _add(f"dose-{_orientation}", f"The dose is stored in the orientation {_orientation}.",
         partial(_with_dose, orientation=_orientation))  # fmt: skip
_add("offsets-absolute", "Frame offsets are z positions.", partial(_with_dose, offsets="absolute"))
_add("offsets-descending", "Frame offsets are descending.", partial(_with_dose, offsets="descending"))
_add("dose-32-bits", "The dose is stored in 32 bits.", partial(_with_dose, bits=32))


@legal
def dose_of_fewer_bits_stored(phantom: PhantomSet, folder: Path) -> None:
    """30 of 32 allocated bits are stored."""
    phantom.dose = dose_dataset(bits=32)
    phantom.dose.BitsStored, phantom.dose.HighBit = 30, 29
    phantom.write(folder)


@legal
def implicit_vr(phantom: PhantomSet, folder: Path) -> None:
    """All files are in implicit VR little endian."""
    phantom.write(folder, ImplicitVRLittleEndian)


@legal
def big_endian(phantom: PhantomSet, folder: Path) -> None:
    """All files are in explicit VR big endian."""
    phantom.dose = dose_dataset(is_big_endian=True)
    phantom.write(folder, ExplicitVRBigEndian)


@legal
def big_endian_of_32_bits(phantom: PhantomSet, folder: Path) -> None:
    """All files are in explicit VR big endian, the dose in 32 bits."""
    phantom.dose = dose_dataset(is_big_endian=True, bits=32)
    phantom.write(folder, ExplicitVRBigEndian)


@legal
def deflated(phantom: PhantomSet, folder: Path) -> None:
    """All files are deflated."""
    phantom.write(folder, DeflatedExplicitVRLittleEndian)


@legal
def run_length_coded(phantom: PhantomSet, folder: Path) -> None:
    """The dose is compressed with RLE."""
    phantom.write(folder)
    write_file(_compressed(phantom), folder / "dose.dcm", RLELossless)


def _compressed(phantom: PhantomSet) -> Any:
    from pydicom.dataset import FileMetaDataset

    phantom.dose.file_meta = FileMetaDataset()
    phantom.dose.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    phantom.dose.compress(RLELossless, encoding_plugin="pydicom", generate_instance_uid=False)
    return phantom.dose


@legal
def without_preamble(phantom: PhantomSet, folder: Path) -> None:
    """The files start with the file meta group, without a preamble."""
    phantom.write(folder)
    for name in _FILES:
        content = (folder / name).read_bytes()
        (folder / name).write_bytes(content[132:])


@legal
def without_meta_group(phantom: PhantomSet, folder: Path) -> None:
    """The files are bare data sets in implicit VR, as in old archives."""
    from pydicom import dcmwrite

    folder.mkdir(parents=True)
    for name, dataset in zip(_FILES, (phantom.plan, phantom.dose, phantom.structures), strict=True):
        dcmwrite(folder / name, dataset, implicit_vr=True, little_endian=True)


@legal
def sequences_of_undefined_length(phantom: PhantomSet, folder: Path) -> None:
    """All sequences and items end with delimiters."""
    for dataset in (phantom.plan, phantom.dose, phantom.structures):
        _undefine_lengths(dataset)
    phantom.write(folder)


def _undefine_lengths(dataset: Any) -> None:
    for element in dataset:
        if element.VR == "SQ":
            element.is_undefined_length = True
            for item in element.value:
                item.is_undefined_length_sequence_item = True
                _undefine_lengths(item)


@legal
def zipped(phantom: PhantomSet, folder: Path) -> None:
    """All files are in one zip archive."""
    phantom.write(folder)
    with zipfile.ZipFile(folder / "export.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name in _FILES:
            archive.write(folder / name, f"deep/down/{name}")
            (folder / name).unlink()


@legal
def in_subfolders_with_strangers(phantom: PhantomSet, folder: Path) -> None:
    """Each file is in a separate folder under a meaningless name, among images and junk."""
    phantom.write(folder)
    for number, name in enumerate(_FILES):
        (folder / f"{number}").mkdir()
        (folder / name).rename(folder / f"{number}" / f"{number}")
        write_file(image_dataset(3.0 * number, number), folder / f"{number}" / "image")
    (folder / "notes.txt").write_text("no DICOM")
    (folder / "empty").touch()


@legal
def copies_of_every_file(phantom: PhantomSet, folder: Path) -> None:
    """Every file is present twice, byte for byte."""
    phantom.write(folder)
    for name in _FILES:
        (folder / f"copy_{name}").write_bytes((folder / name).read_bytes())


@legal
def holes_nested(phantom: PhantomSet, folder: Path) -> None:
    """The hole is a second closed loop inside the first."""
    phantom.structures = structures_dataset(holes="nested")
    phantom.write(folder)


@legal
def holes_by_even_odd(phantom: PhantomSet, folder: Path) -> None:
    """The hole is contoured as CLOSEDPLANAR_XOR."""
    phantom.structures = structures_dataset(holes="xor")
    phantom.write(folder)


@legal
def planes_unsorted(phantom: PhantomSet, folder: Path) -> None:
    """The contours of each structure are in random order."""
    for roi in phantom.structures.ROIContourSequence:
        contours = list(roi.ContourSequence)
        roi.ContourSequence = contours[1::2] + contours[0::2][::-1]
    phantom.write(folder)


@legal
def loops_reversed(phantom: PhantomSet, folder: Path) -> None:
    """Every other contour runs clockwise."""
    for roi in phantom.structures.ROIContourSequence:
        for contour in list(roi.ContourSequence)[::2]:
            numbers = list(contour.ContourData)
            points = [numbers[k : k + 3] for k in range(0, len(numbers), 3)]
            contour.ContourData = [number for point in reversed(points) for number in point]
    phantom.write(folder)


@legal
def loops_closed_twice(phantom: PhantomSet, folder: Path) -> None:
    """Every contour repeats its first point at the end."""
    for roi in phantom.structures.ROIContourSequence:
        for contour in roi.ContourSequence:
            numbers = list(contour.ContourData)
            contour.ContourData = numbers + numbers[:3]
            contour.NumberOfContourPoints = len(contour.ContourData) // 3
    phantom.write(folder)


@legal
def beams_summed(phantom: PhantomSet, folder: Path) -> None:
    """The dose is stored beam by beam."""
    phantom.write(folder)
    (folder / "dose.dcm").unlink()
    for beam, share in ((1, 0.6), (2, 0.4)):
        dose = dose_dataset(bits=32, summation="BEAM", beam=beam, uid=f"{ROOT}.3.{beam}", dose_at=beam_share(share))
        write_file(dose, folder / f"dose_{beam}.dcm")


@legal
def whole_fraction_group(phantom: PhantomSet, folder: Path) -> None:
    """DoseSummationType is FRACTION, which means all fractions of the group."""
    _with_dose(phantom, folder, summation="FRACTION")


@legal
def names_in_chinese(phantom: PhantomSet, folder: Path) -> None:
    """The names of the patient and of a structure are in GB18030."""
    for dataset in (phantom.plan, phantom.dose, phantom.structures):
        dataset.SpecificCharacterSet = "GB18030"
        dataset.PatientName = "王^小东"
    phantom.structures.StructureSetROISequence[4].ROIName = "体表"
    phantom.write(folder)


@legal
def setup_beam_beside(phantom: PhantomSet, folder: Path) -> None:
    """The plan has a set-up beam without dose."""
    phantom.plan = plan_dataset(beam_doses_gy=(1.2, 0.8, 0.0))
    phantom.plan.BeamSequence[2].TreatmentDeliveryType = "SETUP"
    phantom.write(folder)
