"""One plan -> its records: what a worker process does. It always answers: no plan can stop a batch."""

import hashlib
import time
import zlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import field, replace
from datetime import UTC, date, datetime
from pathlib import Path

from rtcheck import __version__, plugins
from rtcheck.batch.dvh_rows import STEP_GY, packed_shares
from rtcheck.batch.pseudonyms import without_paths
from rtcheck.batch.store import CheckRow, ConstraintRow, DvhRow, PlanRecord
from rtcheck.case import Case
from rtcheck.checking.kept import Kept
from rtcheck.checking.terms import Terms
from rtcheck.codes import puts_verdict_in_doubt
from rtcheck.dicom.finding.patients import PlanSet
from rtcheck.dicom.overrides import NO_OVERRIDES, Overrides
from rtcheck.errors import DicomError, RtcheckError, place_of
from rtcheck.notices import Notice
from rtcheck.protocol.file.model import Protocol
from rtcheck.report import known_format
from rtcheck.report.telling.style import PLAIN, ReportStyle
from rtcheck.results import CheckItem, Report, Result
from rtcheck.values import dataclass

NOT_EVALUATED, INTERNAL_ERROR = 3, 4
READ_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a batch asks of every plan. `reports` is the folder for reports in `formats` and `style`, or None.

    `candidates` are the protocols that auto chooses from. `overrides` are what is stated in place of the plans', by the
    protocol's name. `is_filed_by_plan`: each plan's reports are in a folder of its own, also of a plan that cannot be
    read; its key must be fit for a folder's name.
    """

    protocols: tuple[Protocol, ...]
    candidates: tuple[Protocol, ...] = ()
    terms: Terms = field(default_factory=Terms)
    overrides: Mapping[str, Overrides] = field(default_factory=dict)
    ignore: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    reports: Path | None = None
    formats: tuple[str, ...] = ("html",)
    is_filed_by_plan: bool = False
    style: ReportStyle = PLAIN
    anonymous: bool = False

    @property
    def quotes_labels(self) -> bool:
        """Whether a reason may quote a plan's labels, which people write: those of a node end in its log."""
        return not (self.anonymous or self.is_filed_by_plan)

    def overrides_of(self, protocol: Protocol) -> Overrides:
        return self.overrides.get(protocol.name, NO_OVERRIDES)

    def of_several_patients(self) -> "Question":
        """The same, where the plans that it is asked of belong to several patients."""
        return replace(self, terms=self.terms.of_several_patients())

    def report_files(self, plan_key: str, protocol: str) -> tuple[tuple[str, Path], ...]:
        """(format, file) of each report of a plan; none where none are wanted."""
        if self.reports is None:
            return ()
        stem = f"{plan_key}/report" if self.is_filed_by_plan else report_stem(plan_key, protocol)
        return tuple((name, self.reports / f"{stem}{known_format(name).suffixes[0]}") for name in self.formats)


SHARED_FACTS = Notice(
    code="facts.several-patients",
    text="The clinical facts (--facts) are those of one patient, but the plans belong to several: check each patient "
    "with facts of their own.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One plan to check. `known` are the fingerprints of the records that stand already, by protocol name."""

    plan_key: str
    plan_set: PlanSet
    question: Question
    known: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unchanged:
    """A record that still holds: same files, protocol, program and settings."""

    plan_key: str
    protocol: str


Answer = tuple[PlanRecord | Unchanged, ...]


def check_plan(job: Job) -> Answer:
    """The plan's record under each protocol; those that are still true are not computed again."""
    content = _content_hash(job.plan_set)
    if SHARED_FACTS in job.plan_set.notices:
        content += SHARED_FACTS.code
    answers: list[PlanRecord | Unchanged] = []
    cases: dict[Overrides, Case | RtcheckError] = {}
    for protocol in job.question.protocols:
        seen = f"{content} {_image_stamps(job.plan_set)}" if _needs_images(protocol, job.question) else content
        fingerprint = _fingerprint(seen, protocol, job.question)
        standing = _standing(job, protocol, fingerprint)
        if standing:
            answers.append(Unchanged(plan_key=job.plan_key, protocol=standing))
            continue
        started = time.perf_counter()
        try:
            overrides = job.question.overrides_of(protocol)
            if overrides not in cases:
                cases[overrides] = _read(job, overrides)
            kept = Kept()
            report = _judge(cases[overrides], protocol, job.question, kept)
            record = _record(job, report, fingerprint, kept)
            _write_reports(job, report)
        except Exception as error:
            record = _failure(job, protocol, fingerprint, error)
            _write_failure(job, protocol, error, record.reason)
        answers.append(_timed(record, time.perf_counter() - started))
    return tuple(answers)


def lost_record(job: Job, reason: str) -> Answer:
    """Records of a plan whose worker was killed: an error that is tried again in the next run."""
    return tuple(
        _error_record(job, protocol, fingerprint="", exit_status=INTERNAL_ERROR, reason=reason)
        for protocol in job.question.protocols
    )


def listed_record(
    plan_key: str, question: Question, *, reason: str, is_excluded: bool = False, protocol: str = ""
) -> PlanRecord:
    """The record of a plan that is only listed: it is excluded from the batch, or there is nothing to check."""
    return PlanRecord(
        plan_key=plan_key,
        protocol=protocol or ", ".join(each.name for each in question.protocols),
        protocol_version="",
        fingerprint="",
        status="excluded" if is_excluded else "error",
        verdict="not_evaluated",
        eligibility_verdict="not_evaluated",
        exit_status=0 if is_excluded else NOT_EVALUATED,
        reason=reason,
        report=zlib.compress(b"{}"),
    )


def report_stem(plan_key: str, protocol: str) -> str:
    """File name of a plan's reports: the same for the same plan, and nothing of the patient in it."""
    return hashlib.sha256("\n".join((protocol, plan_key)).encode()).hexdigest()[:16]


def report_name(plan_key: str, protocol: str) -> str:
    """That of the HTML report."""
    return f"{report_stem(plan_key, protocol)}.html"


def _standing(job: Job, protocol: Protocol, fingerprint: str) -> str:
    """The protocol of the record that still holds; "" where there is none."""
    if protocol.is_auto:
        return next((name for name, known in job.known.items() if known == fingerprint), "")
    return protocol.name if job.known.get(protocol.name) == fingerprint else ""


def _read(job: Job, overrides: Overrides) -> Case | RtcheckError:
    """The case, or the error that says why it cannot be read (then every protocol's record says so)."""
    try:
        return job.plan_set.read(overrides=overrides, ignore=job.question.ignore, errors=job.question.errors)
    except RtcheckError as error:
        return error


def _judge(case: Case | RtcheckError, protocol: Protocol, question: Question, kept: Kept) -> Report:
    if isinstance(case, RtcheckError):
        raise case
    if protocol.is_auto:
        from rtcheck.checking.proposing.chosen import with_chosen

        case, protocol, _ = with_chosen(case, question.candidates, quotes_labels=question.quotes_labels)
    elif protocol.is_of_plan:
        from rtcheck.checking.proposing.plan_limits import protocol_of_plan

        protocol = protocol_of_plan(case)
    return question.terms.report_on(case, protocol, kept=kept)


def _record(job: Job, report: Report, fingerprint: str, kept: Kept) -> PlanRecord:
    from rtcheck.checking.structures.target_volume import target_volume_cc
    from rtcheck.report.formats.json_ import as_dict
    from rtcheck.report.formats.json_text import to_compact_json
    from rtcheck.report.telling.anonymous import scrubber
    from rtcheck.report.telling.doubts import doubt_lines, notice_text

    case, plan, anonymous = report.case, report.case.plan, job.question.anonymous
    scrub = scrubber(case) if anonymous else str
    is_complete = plan is not None and case.dose is not None and case.structures is not None
    return PlanRecord(
        plan_key=job.plan_key,
        protocol=report.protocol.name,
        protocol_version=report.protocol.version,
        fingerprint=fingerprint,
        status="checked" if is_complete else "incomplete",
        verdict=report.verdict,
        eligibility_verdict=report.eligibility_verdict,
        exit_status=report.exit_status,
        reason=scrub(report.reason),
        doubts=scrub(" ".join(doubt_lines(report))),
        plan_uid=plan.sop_instance_uid if plan and not anonymous else "",
        plan_label=plan.label if plan and not anonymous else "",
        patient_id="" if anonymous else case.patient.id,
        prescription_gy=plan.prescription.dose_gy if plan and plan.prescription else None,
        fractions=plan.fractions if plan else None,
        score_points=report.score.points if report.score else None,
        score_maximum=report.score.maximum if report.score else None,
        unscored=scrub(", ".join(report.score.unscored)) if report.score else "",
        target_cc=target_volume_cc(report, aliases=job.question.terms.aliases, kept=kept),
        report=zlib.compress(to_compact_json(as_dict(report, anonymous=anonymous)).encode(), 6),
        constraints=tuple(_constraint_row(result) for result in report.results),
        checks=tuple(_check_row(item, scrub) for item in report.plan_checks),
        notices=tuple((each.code, scrub(notice_text(each)), puts_verdict_in_doubt(each)) for each in report.notices),
        dvhs=_dvh_rows(report),
    )


def _constraint_row(result: Result) -> ConstraintRow:
    measured = result.measurement
    return ConstraintRow(
        structure=result.structure,
        metric=result.goal.metric.text,
        goal=result.goal_of_any_plan,
        priority=result.constraint.priority,
        value=measured.value,
        unit=result.goal.unit,
        uncertainty=measured.uncertainty,
        low=measured.low,
        high=measured.high,
        margin=result.margin,
        outcome=result.outcome,
        borderline=result.is_borderline,
    )


def _check_row(item: CheckItem, scrub: Callable[[str], str]) -> CheckRow:
    value = item.value
    return CheckRow(
        code=item.code,
        item=scrub(item.item),
        expected=scrub(item.expected),
        found=scrub(item.found),
        place=scrub(item.place),
        priority="required" if item.is_required else "advisory",
        value=float(value) if isinstance(value, float | int) and not isinstance(value, bool) else None,
        outcome=item.outcome,
    )


def _dvh_rows(report: Report) -> tuple[DvhRow, ...]:
    asked = {result.structure for result in report.results}
    return tuple(
        DvhRow(
            structure=drawing.name,
            volume_cc=drawing.dvh.volume_cc,
            step_gy=STEP_GY,
            shares=packed_shares(drawing.dvh),
        )
        for drawing in report.drawings()
        if drawing.name in asked
    )


def _write_reports(job: Job, report: Report) -> None:
    from rtcheck.atomic_write import write_inside
    from rtcheck.report import render

    question = job.question
    for name, path in question.report_files(job.plan_key, report.protocol.name):
        assert question.reports is not None
        page = render(report, name, anonymous=question.anonymous, style=question.style)
        write_inside(question.reports, page, path)


def _write_failure(job: Job, protocol: Protocol, error: Exception, reason: str) -> None:
    """Reports that say why there is no verdict, in place of older ones; where they cannot be written, the record does.

    A report that stands from before would be read as this plan's.
    """
    from rtcheck.checking.check import unreadable

    told = DicomError(reason, code=error.code) if isinstance(error, DicomError) else RtcheckError(reason)
    report = unreadable(told, protocol, settings=job.question.terms.settings, command=())
    with suppress(RtcheckError):
        _write_reports(job, report)


def _failure(job: Job, protocol: Protocol, fingerprint: str, error: Exception) -> PlanRecord:
    if isinstance(error, RtcheckError):
        status = max(
            error.exit_status, NOT_EVALUATED
        )  # a question for a person (2) is, in a batch, a plan that was not evaluated
        return _error_record(job, protocol, fingerprint=fingerprint, exit_status=status, reason=str(error))
    reason = f"Internal error in rtcheck ({place_of(error)}); the plan was not evaluated."
    return _error_record(job, protocol, fingerprint="", exit_status=INTERNAL_ERROR, reason=reason)


def _error_record(job: Job, protocol: Protocol, *, fingerprint: str, exit_status: int, reason: str) -> PlanRecord:
    """A record without numbers. Without a fingerprint it is tried again by the next run."""
    if job.question.anonymous:
        reason = without_paths(reason, (job.plan_set.path, *job.plan_set.paths))
    return PlanRecord(
        plan_key=job.plan_key,
        protocol=protocol.name,
        protocol_version=protocol.version,
        fingerprint=fingerprint,
        status="error",
        verdict="not_evaluated",
        eligibility_verdict="not_evaluated",
        exit_status=exit_status,
        reason=reason,
        report=zlib.compress(b"{}"),
    )


def _timed(record: PlanRecord, seconds: float) -> PlanRecord:
    now = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return replace(record, seconds=seconds, checked_at=now, program_version=__version__)


def _content_hash(plan_set: PlanSet) -> str:
    """SHA-256 over the contents of the plan's files and their copies, and the UIDs of its images.

    What cannot be read counts by its error.
    """
    whole = hashlib.sha256()
    copies = sorted(header.location.as_path for header in plan_set.choice.copies)
    for path in (*(plan_set.paths or (plan_set.path,)), *copies):
        own = hashlib.sha256()
        try:
            with _file_at(path).open("rb") as file:
                while chunk := file.read(READ_CHUNK_BYTES):
                    own.update(chunk)
        except OSError as error:
            own.update(f"unreadable {error.errno} {path.as_posix()}".encode())
        whole.update(own.digest())
    whole.update("\n".join(sorted(image.sop_instance_uid for image in plan_set.choice.images)).encode())
    return whole.hexdigest()


def _needs_images(protocol: Protocol, question: Question) -> bool:
    """Whether a record depends on more of the images than their UIDs: by checks, or by slices in a report."""
    return question.reports is not None or any(each.checks for each in (protocol, *question.candidates))


def _image_stamps(plan_set: PlanSet) -> str:
    """Size and time of each image, as a hash: to read hundreds of slices takes longer than to check the plan."""
    stamps = []
    for path in sorted({_file_at(image.location.as_path) for image in plan_set.choice.images}):
        with suppress(OSError):
            told = path.stat()
            stamps.append(f"{path.name} {told.st_size} {told.st_mtime_ns}")
    return hashlib.sha256("\n".join(stamps).encode()).hexdigest()


def _file_at(path: Path) -> Path:
    """The file that holds the path: itself, or the archive that it is a member of."""
    return next((place for place in (path, *path.parents) if place.is_file()), path)


def _fingerprint(content: str, protocol: Protocol, question: Question) -> str:
    """What a record depends on, in one hash: files, protocol, program and every option that can change it.

    A waiver holds up to a day and an attestation from a day, so that with them the day counts too.
    """
    facts = question.terms.facts
    depends_on_day = question.terms.waivers is not None or (facts is not None and bool(facts.attested))
    today = date.today() if depends_on_day else None
    options = (
        question.terms, question.overrides_of(protocol), question.ignore, question.errors, question.anonymous,
        question.style if question.reports is not None else None, question.formats, today,
    )  # fmt: skip
    chosen_from = [(p.name, p.sha256, p.applies_to) for p in question.candidates] if protocol.is_auto else ""
    needs_plugins = any(each.uses_plugins for each in (protocol, *question.candidates))
    program = f"{__version__} {plugins.versions()}" if needs_plugins else __version__
    text = "\n".join((content, protocol.name, protocol.sha256, program, repr(options), repr(chosen_from)))
    return hashlib.sha256(text.encode()).hexdigest()
