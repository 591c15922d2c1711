"""Specimens: the sets of the kit. Each is a function that changes the phantom, with what is expected of it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Literal

from rtcheck.conformance.phantom import PhantomSet
from rtcheck.results import Outcome
from rtcheck.values import dataclass

Expectation = Literal["agree", "answer", "warning", "error"]
Change = Callable[[PhantomSet], None]
Build = Callable[[PhantomSet, Path], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One limit that a set is checked against, and the outcome that is right.

    Without a structure `goal` is the code of a plan check.
    """

    structure: str
    goal: str
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Specimen:
    """One set of the kit.

    `expected` "agree": legal, and the numbers must be the phantom's. "answer": every one of the `questions` must have
    the outcome that is right, and where there are `codes` one of them must be given. "warning" or "error": a sign with
    one of `codes` must be given. `build` changes the phantom's data sets and writes them (or other bytes) into the
    folder. `protocol` are further lines of the protocol of the questions.
    """

    name: str
    sentence: str
    expected: Expectation
    codes: tuple[str, ...]
    build: Build
    questions: tuple[Question, ...] = ()
    protocol: str = ""

    @property
    def is_legal(self) -> bool:
        """Whether nothing is wrong with the set: no sign is expected, and every limit has an answer."""
        is_answered = all(
            question.outcome != "not_evaluated" if question.structure else question.outcome == "met"
            for question in self.questions
        )
        return not self.codes and self.expected in ("agree", "answer") and is_answered

    @property
    def protocol_text(self) -> str:
        """The protocol file of the questions; "" where none are asked."""
        if not self.questions:
            return ""
        limits = [each for each in self.questions if each.structure]
        constraints = "".join(f'  - {{structure: "{each.structure}", goal: "{each.goal}"}}\n' for each in limits)
        return f"name: {self.name}\n{self.protocol}" + (f"constraints:\n{constraints}" if limits else "")


LEGAL: list[Specimen] = []
MUTANTS: list[Specimen] = []


def legal(build: Build) -> Build:
    """Registers a legal form of the phantom."""
    LEGAL.append(_specimen(build, "agree", ()))
    return build


def warns(*codes: str) -> Callable[[Change], Change]:
    """Registers a change of the data sets that must be warned of with one of the codes."""
    return _mutant("warning", codes)


def refused(*codes: str) -> Callable[[Change], Change]:
    """Registers a change of the data sets that must give an error with one of the codes."""
    return _mutant("error", codes)


def spoilt_files(expected: Expectation, *codes: str) -> Callable[[Build], Build]:
    """Registers a defect that is made in the written files."""

    def register(build: Build) -> Build:
        MUTANTS.append(_specimen(build, expected, codes))
        return build

    return register


def met(structure: str, goal: str) -> Question:
    """A limit that holds."""
    return Question(structure=structure, goal=goal, outcome="met")


def violated(structure: str, goal: str) -> Question:
    """A limit that is missed."""
    return Question(structure=structure, goal=goal, outcome="violated")


def unanswered(structure: str, goal: str) -> Question:
    """A limit that cannot be evaluated from the contents of the set."""
    return Question(structure=structure, goal=goal, outcome="not_evaluated")


def check_found(code: str) -> Callable[[Change], Change]:
    """Registers a change of the data sets that the default plan check of that code must find."""
    return asks(Question(structure="", goal=code, outcome="violated"), protocol="extends: qa\n")


def check_met(*codes: str) -> Callable[[Change], Change]:
    """Registers a legal form in which the default plan checks of those codes are met."""
    return asks(*(Question(structure="", goal=code, outcome="met") for code in codes), protocol="extends: qa\n")


def asks(*questions: Question, codes: tuple[str, ...] = (), protocol: str = "") -> Callable[[Change], Change]:
    """Registers a change of the data sets after which each limit must have its outcome.

    A set in which every limit has an answer and no code is expected is a legal form, any other one a mutant.
    """

    def register(change: Change) -> Change:
        plain = _specimen(_written_after(change), "answer", codes, described_by=change)
        specimen = replace(plain, questions=questions, protocol=protocol)
        (LEGAL if specimen.is_legal else MUTANTS).append(specimen)
        return change

    return register


def _written_after(change: Change) -> Build:
    def build(phantom: PhantomSet, folder: Path) -> None:
        change(phantom)
        phantom.write(folder)

    return build


def _mutant(expected: Expectation, codes: tuple[str, ...]) -> Callable[[Change], Change]:
    def register(change: Change) -> Change:
        MUTANTS.append(_specimen(_written_after(change), expected, codes, described_by=change))
        return change

    return register


def _specimen(
    build: Build, expected: Expectation, codes: tuple[str, ...], described_by: Callable[..., None] | None = None
) -> Specimen:
    described = described_by or build
    name = described.__name__.replace("_", "-")
    return Specimen(name=name, sentence=described.__doc__ or name, expected=expected, codes=codes, build=build)
