"""Specimens: the sets of the kit. Each is a function that changes the phantom, with what is expected of it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from rtcheck.conformance.phantom import PhantomSet

Expectation = Literal["agree", "warning", "error"]
Build = Callable[[PhantomSet, Path], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Specimen:
    """One set of the kit.

    `expected` "agree": legal, and the numbers must be the phantom's. "warning" or "error": a sign with one of `codes`
    must be given. `build` changes the phantom's data sets and writes them (or other bytes) into the folder.
    """

    name: str
    sentence: str
    expected: Expectation
    codes: tuple[str, ...]
    build: Build


LEGAL: list[Specimen] = []
MUTANTS: list[Specimen] = []


def legal(build: Build) -> Build:
    """Registers a legal form of the phantom."""
    LEGAL.append(_specimen(build, "agree", ()))
    return build


def warns(*codes: str) -> Callable[[Callable[[PhantomSet], None]], Callable[[PhantomSet], None]]:
    """Registers a change of the data sets that must be warned of with one of the codes."""
    return _mutant("warning", codes)


def refused(*codes: str) -> Callable[[Callable[[PhantomSet], None]], Callable[[PhantomSet], None]]:
    """Registers a change of the data sets that must be refused with one of the codes."""
    return _mutant("error", codes)


def spoilt_files(expected: Expectation, *codes: str) -> Callable[[Build], Build]:
    """Registers a defect that is made in the written files."""

    def register(build: Build) -> Build:
        MUTANTS.append(_specimen(build, expected, codes))
        return build

    return register


def _mutant(
    expected: Expectation, codes: tuple[str, ...]
) -> Callable[[Callable[[PhantomSet], None]], Callable[[PhantomSet], None]]:
    def register(change: Callable[[PhantomSet], None]) -> Callable[[PhantomSet], None]:
        def build(phantom: PhantomSet, folder: Path) -> None:
            change(phantom)
            phantom.write(folder)

        MUTANTS.append(_specimen(build, expected, codes, described_by=change))
        return change

    return register


def _specimen(
    build: Build, expected: Expectation, codes: tuple[str, ...], described_by: Callable[..., None] | None = None
) -> Specimen:
    described = described_by or build
    name = described.__name__.replace("_", "-")
    return Specimen(name=name, sentence=described.__doc__ or name, expected=expected, codes=codes, build=build)
