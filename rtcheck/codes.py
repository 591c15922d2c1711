"""The codes of all notices and refusals, each with its meaning, and what --ignore and --error make of them.

A warning says that something was odd. A doubt is a warning that puts the verdict itself in doubt: the files may not
belong together, or the dose may not be the one that the patient gets. Doubts are shown with the verdict everywhere, and
`--strict` turns them into exit status 3. Some doubts are refusals from a stated size on (`refused_from`).
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Literal

from rtcheck.errors import DicomError, UsageError
from rtcheck.notices import Notice, about_structures

Kind = Literal["remark", "warning", "doubt", "refusal", "liftable refusal"]


@dataclass(frozen=True, slots=True)
class Code:
    """One code: a remark, a warning, a doubt about the verdict, a refusal, or a refusal that --ignore lifts.

    `refused_from` says from which size on a doubt is a refusal that --ignore lifts; "" where it never is.
    """

    code: str
    kind: Kind
    meaning: str
    refused_from: str = ""


CODES = (
    Code("file.unreadable", "refusal", "A file cannot be opened or is no ordinary file."),
    Code("file.not-dicom", "refusal", "A file is not DICOM."),
    Code("file.not-rt", "refusal", "A DICOM file is not an RTPLAN, RTDOSE or RTSTRUCT."),
    Code("file.truncated", "refusal", "A file ends before it should."),
    Code("file.damaged", "refusal", "A file is no well-formed DICOM data set."),
    Code("file.too-large", "refusal", "A file or what it unpacks to is beyond the bound on memory."),
    Code("file.bad-value", "refusal", "A value is not of the form that its element has."),
    Code("file.duplicate-uid", "liftable refusal", "Two files of one SOP instance UID have different content."),
    Code("folder.no-rt", "refusal", "A folder holds no RTPLAN, RTDOSE or RTSTRUCT."),
    Code("folder.damaged", "warning", "A DICOM file in the folder was passed over because it is damaged."),
    Code("link.by-structures", "warning", "Two files were linked by the structure set that both refer to."),
    Code("link.by-frame", "warning", "Two files were linked by their frame of reference, not by UID."),
    Code("link.only-one", "doubt", "A file was taken because there is no other of its kind."),
    Code("link.no-plan", "remark", "No plan was found."),
    Code("link.no-dose", "warning", "No dose was found that belongs to the plan or the structures."),
    Code("link.no-structures", "warning", "No structure set was found that belongs to the plan or the dose."),
    Code("patient.mismatch", "liftable refusal", "The files name different patients."),
    Code("patient.birth-dates", "doubt", "The files give different birth dates."),
    Code("frame.mismatch", "liftable refusal", "Dose, structures or plan are in different frames of reference."),
    Code("frame.missing", "warning", "A file gives no frame of reference."),
    Code("plan.unapproved", "warning", "The plan is not approved."),
    Code("plan.rejected", "doubt", "The plan is rejected."),
    Code("plan.intent", "doubt", "The plan's intent is VERIFICATION, MACHINE_QA or SERVICE: not to treat the patient."),
    Code("plan.ion", "warning", "The plan is an ion plan; limits are mostly meant for photons."),
    Code("plan.brachy", "warning", "The plan is a brachytherapy plan; limits are mostly meant for external beams."),
    Code("plan.no-patient-geometry", "doubt", "The plan was made without the patient's geometry."),
    Code("plan.fractions-missing", "warning", "The plan does not say how many fractions are planned."),
    Code("plan.fraction-groups", "warning", "The plan has several fraction groups; their fractions are added."),
    Code("plan.prescription-missing", "warning", "The plan gives no prescription and no beam doses."),
    Code("plan.prescription-from-beams", "warning", "The prescription is the sum of beam doses times fractions."),
    Code("plan.prescription-per-fraction", "doubt", "The prescription equals one fraction's beam doses."),
    Code("plan.summed", "warning", "The prescriptions and fractions of several plans were added, as asked for."),
    Code("prescription.given", "remark", "The prescription is the user's."),
    Code("fractions.given", "remark", "The number of fractions is the user's."),
    Code("prescription.unusual", "warning", "The prescription is outside what the protocol warns beyond."),
    Code("dose.summation-type", "refusal", "DoseSummationType is none of a planned dose."),
    Code("dose.units", "refusal", "DoseUnits is missing or unknown, or units are mixed."),
    Code("dose.relative-units", "liftable refusal", "DoseUnits is RELATIVE; with --ignore, --dose-rx is needed."),
    Code("dose.type-error", "refusal", "DoseType is ERROR."),
    Code("dose.type-missing", "warning", "DoseType is missing; PHYSICAL is assumed."),
    Code("dose.effective", "warning", "DoseType is EFFECTIVE; limits are physical doses."),
    Code("dose.transformed", "doubt", "The dose was moved by a registration."),
    Code("dose.heterogeneity", "remark", "The dose was not computed on the image's densities."),
    Code("dose.scaling", "refusal", "DoseGridScaling is missing or not above 0."),
    Code("dose.geometry", "refusal", "Position, orientation or spacing of the dose is missing or impossible."),
    Code("dose.oblique", "refusal", "The dose grid is tilted against the patient's axes."),
    Code("dose.offsets", "refusal", "GridFrameOffsetVector is neither relative nor absolute, or of the wrong length."),
    Code("dose.offsets-uneven", "warning", "The frames of the dose are not evenly spaced."),
    Code("dose.frames-unsorted", "warning", "The frames of the dose are not stored in order."),
    Code("dose.single-plane", "refusal", "The dose has only one plane, row or column."),
    Code("dose.no-pixels", "warning", "An RTDOSE holds no dose grid, only the planning system's DVHs or nothing."),
    Code("dose.pixel-format", "refusal", "Bits, samples or shape of the dose are impossible."),
    Code("dose.pixel-length", "refusal", "The dose grid has more or fewer bytes than its shape needs."),
    Code("dose.too-large", "refusal", "The dose claims more nodes than are read."),
    Code("dose.compressed", "refusal", "The dose is compressed in a form that the installed decoders cannot read."),
    Code("dose.lossy", "refusal", "The dose was compressed with loss."),
    Code("dose.signed", "warning", "The dose is stored with a sign, which DICOM keeps for dose differences."),
    Code("dose.saturated", "doubt", "Many nodes hold the highest number that can be stored."),
    Code("dose.negative", "warning", "The dose is below 0 somewhere (refused where it is more than noise)."),
    Code("dose.empty", "refusal", "The dose is 0 everywhere."),
    Code("dose.fraction-group", "warning", "A FRACTION dose is taken as the whole fraction group."),
    Code("dose.incomplete", "refusal", "Doses of beams or fraction groups do not make the whole plan."),
    Code("dose.summed", "warning", "Several doses were added."),
    Code("dose.grids-differ", "refusal", "Doses to be added are on different grids."),
    Code("dose.other-plan", "liftable refusal", "The dose refers to another plan that is there."),
    Code("dose.not-referenced", "doubt", "The dose does not refer to the plan."),
    Code("dose.one-fraction", "liftable refusal", "The dose looks like that of one fraction."),
    Code("dose.one-beam", "doubt", "The dose looks like that of one beam of several."),
    Code("dose.some-beams", "doubt", "The dose says that it is of some of the plan's beams or fraction groups only."),
    Code("dose.several-plans", "doubt", "The dose is of several plans, and not all of them are there."),
    Code("dose.multiplied", "warning", "The dose was multiplied by the fractions, as asked for."),
    Code("dose.far-above-prescription", "doubt", "The dose's maximum is far above the prescription."),
    Code("dose.far-below-prescription", "doubt", "The dose's maximum is far below the prescription."),
    Code("dose.target-off-prescription", "doubt", "No target's median dose is near its prescription."),
    Code("dose.partial-coverage", "warning", "A structure lies partly outside the dose grid."),
    Code("structures.none", "refusal", "The structure set lists no structures."),
    Code("structures.no-number", "refusal", "An entry of the structure set has no ROI number."),
    Code("structures.duplicate-number", "warning", "Several structures have one ROI number; none can be evaluated."),
    Code("structures.orphan-contours", "warning", "Contours belong to no listed structure."),
    Code("structures.not-referenced", "doubt", "The structure set is not the one that plan or dose refer to."),
    Code("structures.plan-and-dose-differ", "liftable refusal", "Plan and dose refer to different structure sets."),
    Code("structures.charset", "remark", "Structure names do not fit the declared character set."),
    Code("contour.bad-data", "refusal", "Contour coordinates are no numbers or impossible (for that structure)."),
    Code("contour.not-axial", "refusal", "Contours leave the axial plane (for that structure)."),
    Code("contour.offset", "refusal", "Contours have a ContourOffsetVector (for that structure)."),
    Code("contour.left-out", "warning", "Points, open contours or contours of fewer than three points were left out."),
    Code("contour.mixed-types", "warning", "CLOSED_PLANAR and CLOSEDPLANAR_XOR contours are mixed."),
    Code("contour.point-count", "warning", "NumberOfContourPoints is wrong; the points count."),
    Code("contour.decimal-comma", "warning", "Coordinates have a decimal comma."),
    Code("structure.planes-joined", "warning", "Planes nearer than 0.05 mm to one another were taken as one."),
    Code("structure.duplicate-contours", "warning", "Exact copies of contours were left out."),
    Code("structure.few-points", "warning", "Contours of fewer than three points were left out."),
    Code("structure.missing-slices", "warning", "Planes are missing; the gap is not bridged."),
    Code("structure.overlapping-contours", "warning", "Contours of a plane overlap; their union is taken."),
    Code("structure.xor-cancels", "doubt", "XOR contours cancel one another, as near copies do."),
    Code("structure.single-plane", "warning", "A structure has one plane; its thickness is assumed."),
    Code("structure.zero-area", "warning", "Contours without an area were left out."),
    Code("structure.stated-volume", "warning", "The volume differs from the one that the structure set states."),
    Code("structure.derivation-differs", "warning", "A drawn structure differs from what its derivation gives."),
    Code("cross-check.differs", "warning", "Another program has a notably different value."),
    Code("cross-check.not-compared", "remark", "Another program could not be asked, or only about parts."),
    Code("comparison.several-patients", "warning", "The plans that are compared are of several patients."),
    Code("protocol.transcribed", "warning", "Limits come from a transcription of their source."),
    Code("facts.unused", "warning", "A clinical fact was given that the protocol does not ask for."),
    Code("structure.not-found", "warning", "A structure that was asked for is not there."),
    Code("robust.flips", "warning", "A constraint comes out otherwise under some shift or margin."),
    Code("sum.doses", "warning", "The doses of several plans were added."),
    Code("isotoxic.limit-converted", "warning", "A limit was converted for the isotoxic prescription."),
    Code("isotoxic.limit-refused", "warning", "A limit cannot be used for the isotoxic prescription."),
    Code("isotoxic.unknown-limit", "warning", "A limit is unknown, so nothing can be allowed."),
    Code("waiver.applied", "warning", "A violated constraint is waived, by whom and until when."),
    Code("waiver.expired", "warning", "A waiver has expired and does nothing."),
    Code("waiver.unused", "warning", "A waiver names no constraint of the protocol."),
    Code("waiver.other-plan", "remark", "A waiver is for another plan."),
    Code("waiver.not-needed", "remark", "A waived constraint is not violated."),
    Code("reading.changes-verdict", "warning", "Another reading of the protocol would change the verdict."),
)

_BY_CODE = {code.code: code for code in CODES}


def check_codes(codes: Iterable[str], *, option: str) -> frozenset[str]:
    """The codes as a set; raises UsageError with near names for one that does not exist or cannot do what is asked."""
    for code in (found := frozenset(codes)):
        if code not in _BY_CODE:
            near = get_close_matches(code, _BY_CODE, n=3, cutoff=0.4)
            hint = f" Did you mean {' or '.join(near)}?" if near else ""
            raise UsageError(f"{option} {code}: there is no such code.{hint}")
        if option == "--ignore" and _BY_CODE[code].kind == "refusal":
            raise UsageError(f"{option} {code}: cannot be ignored. {_BY_CODE[code].meaning} No numbers follow from it.")
    return found


def puts_verdict_in_doubt(notice: Notice) -> bool:
    """Whether the notice stands with the verdict: a doubt that nobody has ignored, or an error that was overridden."""
    code = _BY_CODE.get(notice.code)
    return notice.is_overridden or (notice.severity == "warning" and code is not None and code.kind == "doubt")


def held_against(notice: Notice, ignored: frozenset[str], errors: frozenset[str]) -> Notice:
    """The notice as --ignore leaves it; raises DicomError where --error makes it a refusal."""
    if notice.code in errors:
        raise DicomError(
            f"{about_structures(notice)}{notice.text} (refused by --error {notice.code})", code=notice.code
        )
    if notice.code in ignored and notice.severity == "warning" and not notice.is_overridden:
        text = f"{notice.text} (ignored by --ignore {notice.code})"
        return replace(notice, severity="info", text=text, is_ignored=True)
    return notice


def all_held_against(notices: Iterable[Notice], ignored: frozenset[str], errors: frozenset[str]) -> tuple[Notice, ...]:
    """The notices as --ignore leaves them, each once; raises DicomError for the first that --error refuses."""
    return tuple(dict.fromkeys(held_against(notice, ignored, errors) for notice in notices))
