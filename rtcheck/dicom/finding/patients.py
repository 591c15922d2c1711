"""A folder of many patients -> one PlanSet for each plan below it, to be read one by one, in any process."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from rtcheck.case import Case
from rtcheck.codes import check_codes
from rtcheck.dicom.case_reader import read_choice
from rtcheck.dicom.finding.folder import Scan, scan
from rtcheck.dicom.finding.headers import Header
from rtcheck.dicom.finding.linking import Asked, Choice, Chosen, choose
from rtcheck.dicom.finding.pool import Pool
from rtcheck.dicom.finding.sources import Location, locate
from rtcheck.dicom.findings import Findings
from rtcheck.dicom.overrides import NO_OVERRIDES, Overrides
from rtcheck.errors import DicomError, UsageError
from rtcheck.notices import Notice
from rtcheck.progress import Progress
from rtcheck.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanSet:
    """The files of one plan (or of a dose without one), linked but not yet read. `path` is where it was found.

    `problem` is what keeps it from being read: a question that only a person can answer (two doses of one plan), or
    a damaged file; else "".
    """

    path: Path
    choice: Choice
    notices: tuple[Notice, ...] = ()
    problem: str = ""

    @property
    def plan(self) -> Header | None:
        return self.choice.plan.header if self.choice.plan else None

    @property
    def paths(self) -> tuple[Path, ...]:
        """Plan, doses and structure set, as far as there are."""
        return tuple(header.location.as_path for header in self.choice.headers)

    def read(
        self,
        *,
        overrides: Overrides = NO_OVERRIDES,
        ignore: Iterable[str] = (),
        errors: Iterable[str] = (),
    ) -> Case:
        """The case; see `rtcheck.dicom.read_case` for the options and errors."""
        if self.problem:
            raise UsageError(self.problem) if self.paths else DicomError(self.problem, code="folder.damaged")
        findings = Findings(
            ignored=check_codes(ignore, option="--ignore"), errors=check_codes(errors, option="--error")
        )
        findings.add(self.notices)
        return read_choice(self.choice, Asked(), overrides, findings)


def plan_sets(root: Path | str, *, progress: Progress | None = None) -> tuple[PlanSet, ...]:
    """Every plan below a folder or in an archive, with its doses and structures; then doses that belong to no plan.

    Damaged files come last, as sets with a problem: what they were cannot be known, and nothing is left out silently.
    """
    return sets_among(scan(locate(root).path, progress=progress))


def sets_among(found: Scan) -> tuple[PlanSet, ...]:
    """The same of files that were looked at before."""
    sets = []
    for headers in _by_patient(found.headers):
        pool = Pool(headers)
        own = [_plan_set(pool, plan) for plan in pool.plans]
        used = {dose.header for plan_set in own for dose in plan_set.choice.doses}
        free = [dose for dose in pool.doses_of_no_plan if dose not in used]
        firsts = {dose.plan_uids or (dose.sop_instance_uid,): dose for dose in reversed(free)}
        sets += own + [_plan_set(pool, dose) for dose in reversed(firsts.values())]
    sets += [_damaged_set(where, error) for where, error in found.damaged]
    return tuple(sets)


def _damaged_set(where: Location, error: DicomError) -> PlanSet:
    text = str(error).removeprefix(f"{where}: ")
    return PlanSet(path=where.as_path, choice=Choice(), problem=f"{where}: {text}")


def _by_patient(headers: Sequence[Header]) -> list[list[Header]]:
    """The headers of each patient, by ID; those without one by name, where one ID alone has it; the rest together."""
    ids_of_name: dict[str, set[str]] = defaultdict(set)
    for header in headers:
        patient_id, name = header.patient
        if patient_id and name:
            ids_of_name[name].add(patient_id)
    only_id = {name: next(iter(ids)) for name, ids in ids_of_name.items() if len(ids) == 1}
    groups: dict[tuple[str, str], list[Header]] = defaultdict(list)
    for header in headers:
        patient_id, name = header.patient
        known_id = patient_id or only_id.get(name, "")
        groups[(known_id, "") if known_id else ("", name)].append(header)
    return list(groups.values())


def _plan_set(pool: Pool, start: Header) -> PlanSet:
    findings = Findings()
    chosen = Chosen(header=start, why="found below the folder")
    try:
        choice = choose(pool, Asked(start=start), findings)
    except UsageError as error:
        choice = Choice(plan=chosen) if start.role == "plan" else Choice(doses=(chosen,))
        return PlanSet(path=start.location.as_path, choice=choice, problem=str(error))
    if start.role == "plan":
        choice = replace(choice, plan=chosen)
    choice = replace(choice, copies=pool.copies_of((start, *choice.headers)))
    return PlanSet(path=start.location.as_path, choice=choice, notices=tuple(findings.notices))
