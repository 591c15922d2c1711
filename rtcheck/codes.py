"""The codes of all warnings and errors with their meanings, and the effect of --ignore and --error.

A warning says that something was odd. A doubt is a warning that puts the verdict itself in doubt: the files may not
belong together, or the dose may not be the one that the patient gets. Doubts are shown with the verdict everywhere, and
`--strict` turns them into exit status 3. Some doubts are errors from a stated size on (`refused_from`).
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Literal

from rtcheck.errors import DicomError, UsageError
from rtcheck.notices import Notice, about_structures
from rtcheck.values import dataclass

Kind = Literal["remark", "warning", "doubt", "error", "overridable error"]


@dataclass(frozen=True, slots=True)
class Code:
    """One code: a remark, a warning, a doubt about the verdict, an error, or an error that --ignore overrides.

    `refused_from` is the size from which on a doubt is an overridable error; "" if it never is.
    """

    code: str
    kind: Kind
    meaning: str
    refused_from: str = ""


CONTRADICTION = "a factor of two in the targets, or of the maximum without targets,"

CODES = (
    Code("file.unreadable", "error", "A file cannot be opened or is not a regular file."),
    Code("file.not-dicom", "error", "A file is not DICOM."),
    Code("file.not-rt", "error", "A DICOM file is not an RTPLAN, RTDOSE or RTSTRUCT."),
    Code("file.truncated", "error", "A file ends before it should."),
    Code("file.damaged", "error", "A file is not a well-formed DICOM data set."),
    Code("file.too-large", "error", "A file, or its uncompressed content, exceeds the memory limit."),
    Code("file.bad-value", "error", "A value does not have the form required for its element."),
    Code("file.duplicate-uid", "overridable error", "Two files with the same SOP Instance UID have different content."),
    Code("folder.no-rt", "error", "The folder contains no RTPLAN, RTDOSE or RTSTRUCT."),
    Code("folder.damaged", "warning", "A damaged DICOM file in the folder was skipped."),
    Code("link.by-structures", "warning", "Two files were linked because they refer to the same structure set."),
    Code("link.by-frame", "warning", "Two files were linked by their frame of reference, not by UID."),
    Code("link.only-one", "doubt", "A file was used because it is the only one of its kind."),
    Code("link.no-plan", "remark", "No plan was found."),
    Code("link.no-dose", "warning", "No dose was found that belongs to the plan or the structures."),
    Code("link.no-structures", "warning", "No structure set was found that belongs to the plan or the dose."),
    Code("patient.mismatch", "overridable error", "The files name different patients."),
    Code("patient.birth-dates", "doubt", "The files contain different birth dates."),
    Code("frame.mismatch", "overridable error", "Dose, structures or plan are in different frames of reference."),
    Code("frame.missing", "warning", "A file has no frame of reference."),
    Code("plan.unapproved", "warning", "The plan is not approved."),
    Code("plan.rejected", "doubt", "The plan is rejected."),
    Code(
        "plan.intent",
        "doubt",
        "The plan's intent is VERIFICATION, MACHINE_QA or SERVICE: not for treatment.",
    ),
    Code("plan.ion", "warning", "The plan is an ion plan; most limits are meant for photons."),
    Code("plan.brachy", "warning", "The plan is a brachytherapy plan; most limits are meant for external beams."),
    Code("plan.no-patient-geometry", "doubt", "The plan was made without the patient's geometry."),
    Code("plan.fractions-missing", "warning", "The plan does not give the number of fractions."),
    Code("plan.fraction-groups", "warning", "The plan has several fraction groups; their fractions are added."),
    Code("plan.prescription-missing", "warning", "The plan has neither a prescription nor beam doses."),
    Code("plan.prescription-from-beams", "warning", "The plan has beam doses, but no prescription."),
    Code("plan.prescription-per-fraction", "doubt", "The prescription looks like the dose of one fraction."),
    Code("plan.summed", "warning", "The prescriptions and fractions of several plans were added as requested."),
    Code("prescription.given", "remark", "The prescription was given by the user."),
    Code("fractions.given", "remark", "The number of fractions was given by the user."),
    Code("prescription.unknown-target", "doubt", "A dose level was given for a name that is not one structure."),
    Code("prescription.unknown-roi", "doubt", "The plan prescribes to an ROI number that is not in the structure set."),
    Code(
        "prescription.name-differs",
        "doubt",
        "The name of a target contains another dose than its reference dose, or that dose is described as another's.",
    ),
    Code("prescription.dose-differs", "doubt", "The dose of a target is far from its reference dose."),
    Code("protocol.chosen", "remark", "The protocol was chosen by --protocol auto."),
    Code("prescription.unusual", "warning", "The prescription is outside the range beyond which the protocol warns."),
    Code("check.advisory", "warning", "An advisory plan or structure check is not met."),
    Code("dose.summation-type", "error", "DoseSummationType is not a planned-dose type (PLAN, FRACTION, BEAM, ...)."),
    Code("dose.units", "error", "DoseUnits is missing or unknown, or units are mixed."),
    Code("dose.relative-units", "overridable error", "DoseUnits is RELATIVE; to override, --dose-rx is required."),
    Code("dose.type-error", "error", "DoseType is ERROR."),
    Code("dose.type-missing", "warning", "DoseType is missing; PHYSICAL is assumed."),
    Code("dose.effective", "warning", "DoseType is EFFECTIVE: the doses of an ion plan are weighted by effect."),
    Code(
        "dose.effective-unclear", "doubt", "DoseType is EFFECTIVE without an ion plan: EQD2 or BED, not physical dose."
    ),
    Code("dose.transformed", "doubt", "The dose was transformed by a registration."),
    Code("dose.heterogeneity", "remark", "The dose was not computed with the densities of the image."),
    Code("dose.scaling", "error", "DoseGridScaling is missing or not above 0."),
    Code("dose.geometry", "error", "Position, orientation or spacing of the dose is missing or impossible."),
    Code("dose.oblique", "error", "The dose grid is tilted against the patient's axes."),
    Code("dose.offsets", "error", "GridFrameOffsetVector is neither relative nor absolute, or of the wrong length."),
    Code("dose.offsets-uneven", "warning", "The frames of the dose are not evenly spaced."),
    Code("dose.frames-missing", "doubt", "Frames within the dose seem to be missing."),
    Code("dose.coarse", "doubt", "The dose is stored in coarse steps."),
    Code("dose.frames-unsorted", "warning", "The frames of the dose are not stored in order."),
    Code("dose.single-plane", "error", "The dose has only one plane, row or column."),
    Code("dose.no-pixels", "warning", "An RTDOSE has no dose grid (only DVHs of the planning system, or nothing)."),
    Code("dose.pixel-format", "error", "Bit depth, samples or shape of the dose are impossible."),
    Code("dose.pixel-length", "error", "The length of the pixel data does not match the shape of the dose grid."),
    Code("dose.too-large", "error", "The dose grid has more points than can be read."),
    Code("dose.compressed", "error", "The dose is compressed in a form that the installed decoders cannot read."),
    Code("dose.lossy", "error", "The dose uses lossy compression."),
    Code("dose.signed", "warning", "The dose is stored as signed values, which DICOM reserves for dose differences."),
    Code("dose.saturated", "doubt", "Many grid points have the highest value that can be stored."),
    Code("dose.negative", "warning", "The dose is negative in places (an error if it is more than noise)."),
    Code("dose.empty", "error", "The dose is 0 everywhere."),
    Code("dose.fraction-group", "warning", "A FRACTION dose is used as the dose of the whole fraction group."),
    Code("dose.incomplete", "error", "The doses of beams or fraction groups do not add up to the whole plan."),
    Code("dose.summed", "warning", "Several doses were added."),
    Code("dose.grids-differ", "error", "Doses to be added, or of scenarios, are on different grids."),
    Code("dose.scenarios", "warning", "Doses of the plan are taken as scenarios by the texts in their files."),
    Code("dose.scenarios-same", "doubt", "Two scenarios have the same dose in every voxel: one may be a copy."),
    Code("dose.scenario", "error", "The dose of a scenario is not of the same plan or scale as the nominal dose."),
    Code("dose.other-plan", "overridable error", "The dose refers to another plan in the folder."),
    Code("dose.not-referenced", "doubt", "The dose does not refer to the plan."),
    Code("dose.one-fraction", "overridable error", "The dose looks like that of one fraction."),
    Code(
        "dose.fraction-or-course",
        "overridable error",
        "Nothing shows whether a brachytherapy dose is that of one fraction or of the course.",
    ),
    Code("dose.one-beam", "doubt", "The dose looks like that of one beam of several."),
    Code(
        "dose.some-beams",
        "doubt",
        "The dose is of only some of the plan's beams, application setups or fraction groups.",
    ),
    Code(
        "dose.several-plans",
        "doubt",
        "The dose belongs to several plans, and not all of them were found or referred to.",
    ),
    Code("dose.multiplied", "warning", "The dose was multiplied by the number of fractions as requested."),
    Code("dose.far-above-prescription", "doubt", "The dose is far above the prescription.", CONTRADICTION),
    Code("dose.far-below-prescription", "doubt", "The dose is far below the prescription.", CONTRADICTION),
    Code("dose.target-off-prescription", "doubt", "The median dose of no target is near its prescription."),
    Code("dose.zero", "doubt", "A structure has a dose of exactly 0 where none may have been calculated."),
    Code("dose.partial-coverage", "warning", "A structure lies partly outside the dose grid."),
    Code("structures.none", "error", "The structure set lists no structures."),
    Code("structures.no-number", "error", "An entry of the structure set has no ROI number."),
    Code(
        "structures.duplicate-number",
        "warning",
        "Several structures have the same ROI number and cannot be evaluated.",
    ),
    Code("structures.orphan-contours", "doubt", "Contours do not belong to any listed structure."),
    Code("structures.contours-twice", "doubt", "A structure has several lists of contours, which are used together."),
    Code("structures.several-types", "doubt", "A structure has several DICOM types and is not taken as any of them."),
    Code("structures.not-referenced", "doubt", "Plan or dose refer to another structure set."),
    Code("structures.plan-and-dose-differ", "overridable error", "Plan and dose refer to different structure sets."),
    Code(
        "structures.sides-swapped",
        "doubt",
        "A left and a right structure lie on the wrong sides of the patient.",
    ),
    Code("structures.not-drawn", "remark", "Limits do not apply because their structures are not contoured."),
    Code("structures.drawn-otherwise", "doubt", "A structure taken as not contoured has a part or whole contoured."),
    Code("structures.untyped", "doubt", "Type and name of a structure do not show whether it is a target."),
    Code("structures.competing", "doubt", "Another structure of another shape could be meant by the same name."),
    Code("structures.several-outlines", "warning", "Several structures are of type EXTERNAL; their union is used."),
    Code("alias.crosses", "doubt", "An alias refers to the other side, another kind of target, or to or from a PRV."),
    Code("structures.charset", "remark", "Structure names do not fit the declared character set."),
    Code("contour.bad-data", "error", "Contour coordinates are not numbers, or impossible (for that structure)."),
    Code("contour.not-axial", "error", "Contours are not in an axial plane (for that structure)."),
    Code("contour.offset", "error", "Contours have a ContourOffsetVector (for that structure)."),
    Code("contour.left-out", "warning", "Points, open contours or contours with fewer than three points were omitted."),
    Code("contour.mixed-types", "warning", "CLOSED_PLANAR and CLOSEDPLANAR_XOR contours are mixed."),
    Code("contour.point-count", "warning", "NumberOfContourPoints does not match; the actual points are used."),
    Code("contour.points-missing", "doubt", "Contours have fewer points than they state: outlines may be cut off."),
    Code("contour.decimal-comma", "warning", "Coordinates have a decimal comma."),
    Code("structure.planes-joined", "warning", "Contour planes less than 0.05 mm apart were merged."),
    Code("structure.duplicate-contours", "warning", "Exact copies of contours were omitted."),
    Code("structure.few-points", "warning", "Contours with fewer than three points were omitted."),
    Code(
        "structure.missing-slices", "doubt", "Slices of a structure are missing or contours open: values have bounds."
    ),
    Code(
        "structure.parts", "doubt", "A structure ends and begins again: two parts, or one of which slices are missing."
    ),
    Code("structure.points-beyond", "doubt", "Only points are drawn beyond an end of a structure that is not thin."),
    Code("structure.regular-gaps", "warning", "A structure is contoured on every second or third slice only."),
    Code("structure.between-slices", "warning", "The contour planes of a structure lie between the slices of others."),
    Code("structure.overlapping-contours", "warning", "Contours in one plane overlap; their union is used."),
    Code("structure.xor-cancels", "doubt", "XOR contours cancel each other, as near copies do."),
    Code("structure.rind", "doubt", "Nested contours less than a pixel apart leave only a rind between them."),
    Code("structure.wound-twice", "doubt", "A contour runs around an area twice, which may or may not be a hole."),
    Code("structure.single-plane", "warning", "A structure has only one plane; its thickness is assumed."),
    Code("structure.flat", "doubt", "A structure that is wide for one slice is contoured on one plane only."),
    Code("structure.small", "remark", "A target of at most 20 cc was interpolated between its planes with cubic dose."),
    Code("structure.zero-area", "warning", "Contours without area were omitted."),
    Code("structure.stated-volume", "warning", "The volume differs from the one stated in the structure set."),
    Code("structure.derivation-differs", "warning", "A contoured structure differs from its derivation."),
    Code("structure.derivation-decides", "doubt", "A limit is met as contoured, and violated as derived."),
    Code("cross-check.differs", "warning", "Another program gives a clearly different value."),
    Code("cross-check.not-compared", "remark", "Another program could not compute this, or only parts of it."),
    Code("comparison.several-patients", "warning", "The compared plans belong to several patients."),
    Code("comparison.fractions-differ", "warning", "The compared plans have different numbers of fractions."),
    Code(
        "protocol.mistake",
        "doubt",
        "A limit of the protocol is impossible or always holds, or its variation is inverted.",
    ),
    Code("protocol.transcribed", "warning", "Limits were taken from a transcription of their source."),
    Code("waiver.several-patients", "doubt", "A waiver without a plan's UID was applied to plans of several patients."),
    Code("facts.several-patients", "doubt", "One file of clinical facts is used for plans of several patients."),
    Code("facts.other-patient", "doubt", "A clinical fact contradicts the sex or birth date in the DICOM files."),
    Code("facts.unused", "warning", "A clinical fact was given that the protocol does not use."),
    Code("structure.not-found", "warning", "A requested structure was not found."),
    Code("robust.ions", "overridable error", "Shifts of the dose were requested for a plan with ion beams."),
    Code("robust.flips", "warning", "The outcome of a constraint changes under some shift or margin."),
    Code(
        "sum.partly-delivered", "warning", "A plan of a sum counts with the part of its fractions that was delivered."
    ),
    Code("sum.doses", "warning", "The doses of several plans were added."),
    Code("sum.structures-differ", "doubt", "Structure sets of a sum have one UID, but different contours."),
    Code("sum.patients-differ", "doubt", "Plans that are added differ in the patient's name, birth date or sex."),
    Code("sum.same-dose", "doubt", "Two doses of a sum are the same in every voxel: one may be a copy."),
    Code("fractions.groups", "doubt", "EQD2 of a plan with several fraction groups takes all fractions as equal."),
    Code("sum.values", "warning", "The values of several plans were added, not their doses."),
    Code("registration.used", "doubt", "A dose was moved by a registration, whose accuracy is unknown."),
    Code("registration.deformable", "doubt", "A dose was moved by a deformable registration, tissue by tissue."),
    Code("registration.unused", "warning", "A registration was given for plans in one frame of reference."),
    Code("registration.implausible", "doubt", "Structures of one name lie far apart after a registration."),
    Code("registration.kind", "error", "A file is not a registration that can be used."),
    Code("registration.faulty", "error", "A registration has no frames of reference, or no possible matrix or field."),
    Code("isotoxic.limit-converted", "warning", "A limit was converted for the isotoxic prescription."),
    Code("isotoxic.limit-refused", "warning", "A limit cannot be used for the isotoxic prescription."),
    Code("isotoxic.unknown-limit", "warning", "A limit is unknown, so no prescription can be allowed."),
    Code("waiver.applied", "warning", "A violated constraint is waived; the waiver names the person and the last day."),
    Code("waiver.expired", "warning", "A waiver has expired and has no effect."),
    Code("waiver.unused", "warning", "A waiver does not match any constraint of the protocol."),
    Code("waiver.other-plan", "remark", "A waiver is for another plan."),
    Code("waiver.not-needed", "remark", "A waived constraint is not violated."),
    Code("reading.changes-verdict", "warning", "Another reading of the protocol would change the verdict."),
)

_BY_CODE = {code.code: code for code in CODES}


def check_codes(codes: Iterable[str], *, option: str) -> frozenset[str]:
    """The codes as a set; raises UsageError with near names for an unknown code or one that cannot be ignored."""
    for code in (found := frozenset(codes)):
        if code not in _BY_CODE:
            from difflib import get_close_matches

            near = get_close_matches(code, _BY_CODE, n=3, cutoff=0.4)
            hint = f" Did you mean {' or '.join(near)}?" if near else ""
            raise UsageError(f"{option} {code}: unknown code.{hint}")
        if option == "--ignore" and _BY_CODE[code].kind == "error":
            raise UsageError(f"{option} {code}: this error cannot be overridden. {_BY_CODE[code].meaning}")
    return found


def can_be_ignored(code: str) -> bool:
    """Whether `--ignore` lifts this code."""
    return code in _BY_CODE and _BY_CODE[code].kind != "error"


def puts_verdict_in_doubt(notice: Notice) -> bool:
    """Whether the notice is shown with the verdict: a doubt that is not ignored, or an error that was overridden."""
    code = _BY_CODE.get(notice.code)
    return notice.is_overridden or (notice.severity == "warning" and code is not None and code.kind == "doubt")


def held_against(notice: Notice, ignored: frozenset[str], errors: frozenset[str]) -> Notice:
    """The notice as --ignore leaves it; raises DicomError if --error makes it an error."""
    if notice.code in errors:
        raise DicomError(
            f"{about_structures(notice)}{notice.text} (made an error by --error {notice.code})", code=notice.code
        )
    if notice.code in ignored and notice.severity == "warning" and not notice.is_overridden:
        text = f"{notice.text} (ignored by --ignore {notice.code})"
        return replace(notice, severity="info", text=text, is_ignored=True)
    return notice


def all_held_against(notices: Iterable[Notice], ignored: frozenset[str], errors: frozenset[str]) -> tuple[Notice, ...]:
    """The notices as --ignore leaves them, each once; raises DicomError for the first that --error makes an error."""
    return tuple(dict.fromkeys(held_against(notice, ignored, errors) for notice in notices))
