"""`--sum`, `--sum-eqd2`, `--sum-values` and what goes with them: several plans of one patient as one course."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

from rtcheck.cli.choosing import chosen_protocol, is_by_plan
from rtcheck.cli.declared import Option
from rtcheck.cli.options import command_line, existing_file
from rtcheck.cli.stated import Reading
from rtcheck.errors import UsageError
from rtcheck.values import dataclass

if TYPE_CHECKING:
    from rtcheck.case import Case
    from rtcheck.checking.terms import Terms
    from rtcheck.protocol.file.model import Protocol
    from rtcheck.results import Report


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """Whether plans are added, by their doses or by their values, and how."""

    HEADING: ClassVar = "Sums of plans"

    add: Annotated[bool, Option("--sum", help="Add the doses of several plans of one patient.")] = False
    sum_eqd2: Annotated[
        float | None, Option("--sum-eqd2", metavar="GY", help="Add the doses as EQD2 with this alpha/beta.")
    ] = None
    rtdose_file: Annotated[
        Path | None,
        Option("--write-rtdose", metavar="FILE", help="With --sum or --sum-eqd2: write the summed dose as RTDOSE."),
    ] = None
    registrations: Annotated[
        list[Path] | None,
        Option(
            "--registration",
            metavar="FILE",
            help="With --sum: the DICOM registration (REG) of plans on different images; by default those found next "
            "to the plans. Can be repeated.",
        ),
    ] = None
    structures_of: Annotated[
        str | None,
        Option("--structures-of", metavar="PLAN", help="With --sum: the plan whose structures are used; its PATH."),
    ] = None
    delivered: Annotated[
        list[str] | None,
        Option(
            "--delivered",
            metavar="PLAN=N",
            help="With --sum: N of the plan's fractions were delivered, as before an adapted plan. Can be repeated.",
        ),
    ] = None
    sum_values: Annotated[
        bool,
        Option("--sum-values", help="Add the values of several plans instead of their doses: brachytherapy fractions."),
    ] = False
    external: Annotated[
        list[str] | None,
        Option("--external", metavar="GY/N", help="With --sum-values: a uniform external dose, such as 45/25."),
    ] = None
    fractions_left: Annotated[
        int | None,
        Option("--fractions-left", metavar="N", min=1, help="With --sum-values: fractions that are still to come."),
    ] = None

    @property
    def is_of_doses(self) -> bool:
        """Whether doses are added."""
        return self.add or self.sum_eqd2 is not None

    def require_sense(self, *, has_scenarios: bool, has_shifts: bool, has_cross_check: bool, anonymous: bool) -> None:
        """Raises UsageError for options that exclude each other, or that need another one."""
        if self.add and self.sum_eqd2 is not None:
            raise UsageError("--sum adds physical doses and --sum-eqd2 EQD2: give one of them.")
        if self.rtdose_file is not None:
            self._require_writable(anonymous=anonymous)
        if has_scenarios and (self.is_of_doses or self.sum_values):
            raise UsageError("--scenario is for one plan; it excludes --sum, --sum-eqd2 and --sum-values.")
        if (self.registrations or self.structures_of or self.delivered) and not self.is_of_doses:
            raise UsageError(
                "--registration, --structures-of and --delivered are for sums: give several plans with --sum."
            )
        if (self.external or self.fractions_left) and not self.sum_values:
            raise UsageError("--external and --fractions-left are for --sum-values.")
        if self.sum_values and (self.is_of_doses or has_shifts or has_cross_check):
            raise UsageError("--sum-values excludes --sum, --sum-eqd2, --robust and --cross-check.")

    def _require_writable(self, *, anonymous: bool) -> None:
        if not self.is_of_doses:
            raise UsageError("--write-rtdose writes the dose of a sum: give several plans with --sum or --sum-eqd2.")
        if anonymous:
            raise UsageError("--write-rtdose writes the patient's name and ID into the file; it excludes --anonymous.")

    def case(self, paths: list[Path], reading: Reading, protocol: "Protocol") -> "Case":
        """The sum of the cases at several paths; what is stated of a sum is that of the sum."""
        if len(paths) < 2:
            raise UsageError("--sum needs at least two paths: the plans to be added.")
        from rtcheck.checking.courses.sums import summed

        stated = reading.overrides(protocol)
        place = None if self.structures_of is None else _place_of("--structures-of", self.structures_of, paths)
        fractions = _delivered(self.delivered or [], paths)
        cases = [reading.case_with(path, stated.of_each_plan) for path in paths]
        return summed(
            cases,
            eqd2_alpha_beta_gy=self.sum_eqd2,
            stated=stated.of_their_sum,
            registrations=[existing_file(path, "registration") for path in self.registrations or []],
            structures_of=place,
            delivered=fractions,
        )

    def report_by_values(self, paths: list[Path], reading: Reading, protocol: str, terms: "Terms") -> "Report":
        """The report on the values of several plans, added."""
        from rtcheck.checking.courses.by_values import parse_external, values_added

        if is_by_plan(protocol):
            raise UsageError("--sum-values needs a protocol by its name or file.")
        chosen = chosen_protocol(protocol)
        uniform = [parse_external(text) for text in self.external or []]
        if len(paths) + len(uniform) < 2:
            raise UsageError("--sum-values needs at least two plans, or a plan and --external.")
        if not paths:
            raise UsageError("--sum-values needs at least one plan.")
        stated = reading.overrides(chosen)
        if stated.gives_prescription or stated.fractions:
            raise UsageError("--sum-values takes neither --dose-rx nor --fractions: each plan states its own.")
        cases = [reading.case_with(path, stated.of_each_plan) for path in paths]
        reports = [terms.report_on(case, chosen, command=command_line()) for case in cases]
        return values_added(reports, external=uniform, fractions_left=self.fractions_left)

    def write_dose(self, case: "Case", *, quiet: bool) -> None:
        """Write the summed dose where a file for it is given."""
        if self.rtdose_file is None:
            return
        from rtcheck.checking.courses.written_sum import write_rtdose

        told = write_rtdose(case, self.rtdose_file)
        sys.stderr.write("" if quiet else f"{told}\n")


def _delivered(texts: list[str], paths: list[Path]) -> list[int | None]:
    """The fractions delivered of each path, from texts like OLD=18; nothing where none is given."""
    given: dict[int, int] = {}
    for text in texts:
        plan, _, count = text.rpartition("=")
        if not plan or not (count.isascii() and count.strip().isdigit()) or not 0 < int(count) < 1000:
            raise UsageError(f"--delivered {text}: expected a plan and its delivered fractions, such as OLD=18.")
        place = _place_of("--delivered", plan.strip(), paths)
        if place in given:
            raise UsageError(f"--delivered {text}: the plan is given twice.")
        given[place] = int(count)
    return [given.get(place) for place in range(len(paths))] if given else []


def _place_of(option: str, plan: str, paths: list[Path]) -> int:
    """Which of the paths is meant: the same path, or its last part if no other path ends so."""
    wanted = Path(plan)
    exact = [place for place, path in enumerate(paths) if path == wanted]
    found = exact or [place for place, path in enumerate(paths) if path.name == plan]
    if len(found) != 1:
        raise UsageError(f"{option} {plan}: give one of the paths: {', '.join(map(str, paths))}.")
    return found[0]
