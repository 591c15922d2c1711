"""A JSON report -> whether it can be repeated: inputs hashed again, the check run again, what differs and why."""

import hashlib
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, Literal

from rtcheck import __version__
from rtcheck.case import Case
from rtcheck.checking.check import check
from rtcheck.checking.courses.by_values import External, values_added
from rtcheck.checking.courses.sums import summed
from rtcheck.checking.proposing.plan_limits import protocol_of_plan
from rtcheck.checking.what_if.sampling import Sampling
from rtcheck.dicom.case_reader import read_stated
from rtcheck.dicom.finding.headers import read_header
from rtcheck.dicom.finding.sources import locate
from rtcheck.dicom.overrides import Overrides
from rtcheck.dosimetry.settings import EngineSettings
from rtcheck.errors import RtcheckError, UsageError
from rtcheck.notices import Notice
from rtcheck.protocol.clinical.facts import read_facts
from rtcheck.protocol.file.library import PLAN
from rtcheck.protocol.file.load import load_protocol
from rtcheck.protocol.file.model import Protocol
from rtcheck.protocol.names.match import read_aliases
from rtcheck.records.comparing import differences
from rtcheck.records.digest import KEY, record_digest
from rtcheck.records.signing import check_signature, signature_of
from rtcheck.records.stated import overrides_in, stated_in
from rtcheck.records.waivers import Waivers, read_waivers
from rtcheck.results import Report
from rtcheck.values import dataclass

Kind = Literal["record", "program", "protocol", "data", "number"]

READABLE = "rtcheck.report/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing that is not as it was: in the record itself, the program, the protocol, the data or the numbers."""

    kind: Kind
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What repeating a check gave. `numbers_agree` is None where it could not be repeated (`reason`).

    `doubts` are what puts the repeated verdict in doubt; `stated` is what the user stated in the record, as options.
    """

    numbers_agree: bool | None
    differences: tuple[Difference, ...]
    compared: int = 0
    reason: str = ""
    doubts: tuple[Notice, ...] = ()
    stated: tuple[str, ...] = ()
    signature: str = ""

    @property
    def exit_status(self) -> int:
        """0: numbers and data agree; 1: anything but the program differs; 3: the check was not repeated."""
        if any(each.kind == "record" for each in self.differences):
            return 1
        if self.numbers_agree is None:
            return 3
        return int(any(each.kind != "program" for each in self.differences))


def verify(record: Mapping[str, Any], *, files: Path | None = None, protocol: str | None = None) -> Verification:
    """The recorded check, repeated with its own files, protocol, settings and options.

    `files` is a folder in which the inputs are sought by their hashes, where they are no longer at their recorded
    paths. `protocol` is a protocol to be used in place of the recorded one's path or name.
    """
    if record.get("schema") != READABLE:
        raise UsageError(f"Not a report that can be verified: its schema is {record.get('schema')!r}.")
    try:
        done = _verify(record, record["provenance"], files, protocol)
        return replace(done, stated=stated_in(record["provenance"]))
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        text = f"The report does not follow `rtcheck schema report` ({type(error).__name__})."
        raise UsageError(text) from error


def with_signature(done: Verification, report: Path, signers: Path | None) -> Verification:
    """The verification with what the signature beside the report says, where there is one or one is required."""
    if signers is None and signature_of(report) is None:
        return done
    signature = check_signature(report, signers)
    if signature.is_good:
        return replace(done, signature=signature.text)
    return replace(done, differences=(*done.differences, Difference(kind="record", text=signature.text)))


def _verify(
    record: Mapping[str, Any], provenance: Mapping[str, Any], files: Path | None, protocol_name: str | None
) -> Verification:
    told = [*_edited(record), *_program_differences(provenance)]
    found, data = _find_files(provenance["files"], files)
    told += data
    try:
        protocol = _find_protocol(provenance["protocol"], files, protocol_name)
        told += _protocol_differences(provenance["protocol"], protocol) if protocol else ()
        beside, differences = _find_beside(provenance, files)
        told += differences
        missing = [each["role"] for each in provenance["files"] if each["sha256"] not in found]
        if missing or not provenance["files"]:
            reason = (
                f"Not repeated. Not found: {', '.join(missing) or 'all input'}. Use --files FOLDER to search elsewhere."
            )
            return Verification(numbers_agree=None, differences=tuple(told), reason=reason)
        report = _repeated(provenance, found, protocol, beside)
        told += () if protocol else _protocol_differences(provenance["protocol"], report.protocol)
    except RtcheckError as error:
        return Verification(numbers_agree=None, differences=tuple(told), reason=f"Not repeated: {error}")
    numbers = tuple(_number_differences(record, report))
    compared = len(record["constraints"])
    return Verification(
        numbers_agree=not numbers, differences=(*told, *numbers), compared=compared, doubts=report.doubts
    )


def _edited(record: Mapping[str, Any]) -> Iterator[Difference]:
    """Whether the record says what it said when it was written; records of earlier versions carry no digest."""
    if KEY in record and record[KEY] != record_digest(record):
        yield Difference(kind="record", text="The report was edited after it was written: its SHA-256 does not match.")


def _program_differences(provenance: Mapping[str, Any]) -> Iterator[Difference]:
    program = f"rtcheck {__version__}"
    if provenance["program"] != program:
        yield Difference(kind="program", text=f"The report was made by {provenance['program']}; this is {program}.")
    import numpy

    recorded = provenance.get("versions", {}).get("numpy")
    if recorded and recorded != numpy.__version__:
        yield Difference(
            kind="program", text=f"The report was made with numpy {recorded}; this is {numpy.__version__}."
        )


def _find_files(recorded: Iterable[Mapping[str, Any]], folder: Path | None) -> tuple[dict[str, Path], list[Difference]]:
    """The input files by their hashes, and a difference for each that is changed or gone."""
    recorded = list(recorded)
    elsewhere = _by_hash(folder, {each["size_bytes"] for each in recorded}) if folder else {}
    found: dict[str, Path] = {}
    differences = []
    for each in recorded:
        digest, path = each["sha256"], Path(each["path"]) if each["path"] else None
        what = f"{each['role']} {path or ''}".strip()
        is_there = path is not None and path.is_file()
        if digest in elsewhere:
            found[digest] = elsewhere[digest]
        elif path is not None and is_there and _sha256(path) == digest:
            found[digest] = path
        elif is_there and folder is None:
            differences.append(Difference(kind="data", text=f"The {what} has changed since the report was made."))
        else:
            where = f" in {folder} by its hash" if folder else ""
            differences.append(Difference(kind="data", text=f"The {what} was not found{where}."))
    return found, differences


def _by_hash(folder: Path, sizes: set[int]) -> dict[str, Path]:
    """The files below a folder by SHA-256; only those of the right sizes are read."""
    if not folder.exists():
        raise UsageError(f"The folder {folder} does not exist.")
    paths = [folder] if folder.is_file() else sorted(path for path in folder.rglob("*") if path.is_file())
    return {_sha256(path): path for path in paths if path.stat().st_size in sizes}


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _find_protocol(recorded: Mapping[str, Any], folder: Path | None, name: str | None) -> Protocol | None:
    """The protocol that was recorded, or the one of that name; None for the limits that the plan states itself."""
    path = recorded.get("path")
    places = [Path(path), *([folder / Path(path).name] if folder else [])] if path else []
    there = next((place for place in places if place.is_file()), None)
    if not path and not name and recorded["name"] == PLAN:
        return None
    return load_protocol(name or there or recorded["name"])


def _protocol_differences(recorded: Mapping[str, Any], protocol: Protocol) -> Iterator[Difference]:
    """Whether the protocol is the recorded one."""
    if protocol.sha256 != recorded["sha256"]:
        versions = f"{recorded['version'] or 'no version'}, now {protocol.version or 'no version'}"
        text = f"The protocol {recorded['name']} differs from the recorded one (recorded: {versions})."
        yield Difference(kind="protocol", text=text)


def _find_beside(provenance: Mapping[str, Any], folder: Path | None) -> tuple[dict[str, Path], list[Difference]]:
    """The other files that were given, and what of them differs from the record."""
    differences = []
    beside = {}
    for each in provenance.get("beside", ()):
        name = Path(each["path"]).name if each["path"] else ""
        places = [Path(each["path"])] if name else []
        places += [folder / name] if folder and name else []
        place = next((place for place in places if place.is_file()), None)
        if place is None:
            raise UsageError(f"the file of {each['role']} was not found ({each['path'] or 'created in memory'}).")
        beside[each["role"]] = place
        if _sha256(place) != each["sha256"]:
            text = f"The file of {each['role']} has changed since the report was made."
            differences.append(Difference(kind="data", text=text))
    return beside, differences


def _repeated(
    provenance: Mapping[str, Any], found: Mapping[str, Path], protocol: Protocol | None, beside: Mapping[str, Path]
) -> Report:
    """The check again; without a protocol against the limits that the plan states itself."""
    options = provenance["options"]
    reference = options.get("reference_date")
    with tempfile.TemporaryDirectory(prefix="rtcheck-verify-") as folder:

        def report_on(case: Case) -> Report:
            return check(
                case,
                protocol or protocol_of_plan(case),
                settings=EngineSettings(**provenance["settings"]),
                facts=read_facts(beside["facts"]) if "facts" in beside else None,
                aliases=read_aliases(beside["aliases"]) if "aliases" in beside else None,
                require_eligibility=options.get("require_eligibility", False),
                band=options.get("band", False),
                reference_date=date.fromisoformat(reference) if reference else None,
                waivers=_waivers(beside.get("waivers"), date.fromisoformat(provenance["made"][:10])),
                robust_mm=tuple(options["robust_mm"]) if options.get("robust_mm") else None,
                robust_margin_mm=options.get("robust_margin_mm", 0.0),
                sampling=_sampling(options.get("sampling")),
                strict=options.get("strict", False),
                drawn_only=options.get("drawn_only", False),
                only_plan_checks=options.get("only_plan_checks", False),
                fall_off=options.get("fall_off", 0.0),
            )

        added = options.get("sum") or {}
        if not added.get("is_by_values"):
            return report_on(_case(provenance, found, Path(folder)))
        return values_added(
            [report_on(case) for case in _cases(provenance, found, Path(folder))],
            external=[External(dose_gy=dose_gy, fractions=fractions) for dose_gy, fractions in added["external"]],
            fractions_left=added["fractions_left"],
        )


def _case(provenance: Mapping[str, Any], found: Mapping[str, Path], folder: Path) -> Case:
    """The case of the recorded files, or the sum of the cases."""
    options, files = provenance["options"], provenance["files"]
    stated, added = overrides_in(options), options.get("sum")
    if not added:
        return _read(files, found, options, folder, stated)
    registrations = [
        _placed(folder / f"registration{number}" / found[digest].name, found[digest])
        for number, digest in enumerate(added.get("registrations", ()))
    ]
    return summed(
        _cases(provenance, found, folder),
        eqd2_alpha_beta_gy=added["eqd2_alpha_beta_gy"],
        stated=stated.of_their_sum,
        registrations=registrations,
        structures_of=added.get("structures_of"),
        delivered=added.get("delivered", ()),
    )


def _cases(provenance: Mapping[str, Any], found: Mapping[str, Path], folder: Path) -> list[Case]:
    """The cases of the plans of a sum."""
    options = provenance["options"]
    recorded = {each["sha256"]: each for each in provenance["files"]}
    stated = overrides_in(options).of_each_plan
    return [
        _read([recorded[digest] for digest in digests], found, options, folder / f"plan{number}", stated)
        for number, digests in enumerate(options["sum"]["files"])
    ]


def _read(
    files: Iterable[Mapping[str, Any]],
    found: Mapping[str, Path],
    options: Mapping[str, Any],
    folder: Path,
    stated: Overrides,
) -> Case:
    """One case. Its files alone are put into the folder, so that nothing beside them is taken for theirs."""
    folder.mkdir(exist_ok=True)
    if options.get("has_image_checks"):
        _place_images({found[each["sha256"]].parent for each in files}, folder)
    placed = [(each, _placed(folder / f"{number}.dcm", found[each["sha256"]])) for number, each in enumerate(files)]
    named = [(each["role"], path) for each, path in placed if each["why"] == "named by option"]
    return read_stated(
        folder,
        stated,
        plan=next((path for role, path in named if role == "plan"), None),
        dose=[path for role, path in named if role == "dose"],
        structures=next((path for role, path in named if role == "structures"), None),
        scenarios={each["why"].removeprefix("scenario "): path for each, path in placed if each["role"] == "scenario"},
        ignore=options.get("ignore", ()),
        errors=options.get("errors", ()),
    )


def _place_images(folders: Iterable[Path], folder: Path) -> None:
    """The images beside the recorded files, which a record of image checks was made with."""
    for number, path in enumerate(sorted(path for each in folders for path in each.iterdir() if path.is_file())):
        try:
            is_image = read_header(locate(path)).role == "image"
        except RtcheckError:
            continue
        if is_image:
            _placed(folder / f"image{number}.dcm", path)


def _placed(place: Path, file: Path) -> Path:
    place.parent.mkdir(exist_ok=True)
    place.symlink_to(file.resolve())
    return place


def _sampling(recorded: Mapping[str, Any] | None) -> Sampling | None:
    if not recorded:
        return None
    triples = {name: tuple(recorded[name]) for name in ("random_mm", "systematic_mm")}
    return Sampling(**{**recorded, **triples})


def _waivers(path: Path | None, made: date) -> Waivers | None:
    """The waivers as they stood on the day of the record."""
    return replace(read_waivers(path), as_of=made) if path else None


def _number_differences(record: Mapping[str, Any], report: Report) -> Iterator[Difference]:
    """Every value, limit, outcome, waiver and verdict of the record that the repeated check does not give."""
    for text in differences(record, report.to_dict()):
        yield Difference(kind="number", text=text)
