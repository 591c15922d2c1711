"""What a check is asked with besides case and protocol, as one value: the same for every plan of a command."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from rtcheck.case import Case
from rtcheck.checking.provenance import BandChoice
from rtcheck.dosimetry.settings import DEFAULT_SETTINGS, EngineSettings
from rtcheck.protocol.clinical.facts import Facts
from rtcheck.protocol.file.model import Protocol
from rtcheck.protocol.names.match import Aliases
from rtcheck.records.waivers import Waivers
from rtcheck.results import Report
from rtcheck.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The engine's settings, what is known of patient and clinic, and what counts; see `rtcheck.check`."""

    settings: EngineSettings = DEFAULT_SETTINGS
    facts: Facts | None = None
    aliases: Aliases | None = None
    waivers: Waivers | None = None
    require_eligibility: bool = False
    reference_date: date | None = None
    band: BandChoice = False
    strict: bool = False
    drawn_only: bool = False

    @property
    def are_of_one_patient(self) -> bool:
        """Whether something of them may hold for one patient alone: clinical facts, waivers that name no plan."""
        return self.facts is not None or (self.waivers is not None and self.waivers.are_for_any_plan)

    def of_several_patients(self) -> "Terms":
        """The same, where the plans that are checked with them belong to several patients."""
        return replace(self, waivers=replace(self.waivers, are_of_several=True)) if self.waivers else self

    def report_on(self, case: Case, protocol: Protocol, *, command: Sequence[str] = (), **more: Any) -> Report:
        """The check of a case; `more` are further arguments of `rtcheck.check`."""
        from rtcheck.checking.check import check

        return check(
            case,
            protocol,
            settings=self.settings,
            facts=self.facts,
            aliases=self.aliases,
            waivers=self.waivers,
            require_eligibility=self.require_eligibility,
            reference_date=self.reference_date,
            band=self.band,
            strict=self.strict,
            drawn_only=self.drawn_only,
            command=command,
            **more,
        )
