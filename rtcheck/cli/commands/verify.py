"""`rtcheck verify REPORT`: whether a record can be repeated."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from rtcheck.cli.declared import Argument, Option
from rtcheck.cli.options import Strict, existing_file
from rtcheck.cli.standard_output import say
from rtcheck.errors import UsageError, harmless

if TYPE_CHECKING:
    from rtcheck.records.verifying import Verification


def verify(
    report: Annotated[Path, Argument(metavar="REPORT", help="A JSON report written by `rtcheck PATH --format json`.")],
    files: Annotated[
        Path | None,
        Option("--files", metavar="PATH", help="Where the input files are now; they are found by their hashes."),
    ] = None,
    protocol: Annotated[
        str | None,
        Option("--protocol", "-p", metavar="NAME_OR_FILE", help="Protocol to use instead of the recorded one."),
    ] = None,
    signed_by: Annotated[
        Path | None,
        Option("--signed-by", metavar="FILE", help="Public key or allowed_signers file that the signature must match."),
    ] = None,
    output_format: Annotated[str, Option("--format", "-f", metavar="<table|json>", help="Output format.")] = "table",
    strict: Strict = False,
) -> int:
    """Repeat a recorded check and report what differs: program, protocol, data or numbers.

    It is repeated with what the record states (prescription, fractions, facts, aliases, waivers, overridden errors),
    which is listed first.

    A signature next to the report (`rtcheck ... --sign KEY`) is also checked.

    Exit status: 0 everything agrees; 1 something differs, or the signature does not match; 2 not a JSON report; 3 the
    check could not be repeated (with --strict: or its verdict is in doubt).
    """
    from rtcheck.checking.verdict import strict_exit_status
    from rtcheck.records.verifying import verify as verify_record
    from rtcheck.records.verifying import with_signature

    if output_format not in ("table", "json"):
        raise UsageError(f'Unknown format "{output_format}"; known: table, json.')
    path = existing_file(report, "report")
    done = with_signature(verify_record(_record(path), files=files, protocol=protocol), path, signed_by)
    say(_json(done) if output_format == "json" else _text(done))
    return strict_exit_status(done.exit_status, done.doubts) if strict else done.exit_status


def _record(path: Path) -> dict[str, Any]:
    try:
        record = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        raise UsageError(f"{path} is not a JSON report of rtcheck.") from None
    if not isinstance(record, dict):
        raise UsageError(f"{path} is not a JSON report of rtcheck.")
    return record


def _text(done: "Verification") -> str:
    from rtcheck.report.telling.doubts import IN_DOUBT, notice_text

    lines = [f"Stated in the record: {harmless(', '.join(done.stated))}"] if done.stated else []
    lines += [f"{each.kind}: {each.text}" for each in done.differences]
    if done.numbers_agree is None:
        lines.append(done.reason)
    elif done.numbers_agree:
        lines.append(f"The numbers agree: {done.compared} constraints and the verdict.")
    else:
        lines.append("The numbers differ.")
    lines += [f"! {IN_DOUBT}: {notice_text(each)} [{each.code}]" for each in done.doubts]
    if done.signature:
        lines.append(done.signature)
    return "\n".join(lines) + "\n"


def _json(done: "Verification") -> str:
    from rtcheck.report.formats.json_text import doubt_values, to_json

    return to_json(
        {
            "schema": "rtcheck.verification/1",
            "numbers_agree": done.numbers_agree,
            "compared": done.compared,
            "reason": done.reason,
            "stated": list(done.stated),
            "doubts": doubt_values(done.doubts),
            "signature": done.signature,
            "differences": [{"kind": each.kind, "text": each.text} for each in done.differences],
        }
    )
