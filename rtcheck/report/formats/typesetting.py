"""A template and plain values -> PDF, set by typst. All text reaches typst as data, never as markup."""

import json
from datetime import datetime
from typing import Any

from rtcheck.extras import needed
from rtcheck.report.telling.letterhead import Letterhead
from rtcheck.report.templates import template_text


def typeset_pdf(template: str, values: dict[str, Any], *, made: Any) -> bytes:
    """The PDF's bytes; `made` is when the report was made, so that the same report is the same file.

    Raises MissingExtraError where typst is not installed.
    """
    html = "The HTML report (--format html) needs nothing more, and prints well."
    typst = needed("typst", extra="pdf", what="PDF reports need", otherwise=html)
    data = json.dumps(values, ensure_ascii=False).encode(errors="replace").decode()
    source = (template_text("common.typ") + template_text(template)).encode()
    content: bytes = typst.compile(source, format="pdf", sys_inputs={"data": data}, timestamp=_seconds(made))
    return content


def _seconds(made: Any) -> int | None:
    try:
        return int(datetime.fromisoformat(str(made)).timestamp())
    except ValueError:
        return None


def letterhead_values(letterhead: Letterhead | None) -> dict[str, Any] | None:
    """The clinic's head and foot; the bytes of the logo as numbers, since JSON has no bytes."""
    if letterhead is None:
        return None
    logo = letterhead.logo
    return {
        "name": letterhead.name,
        "contact": letterhead.contact,
        "foot": letterhead.foot,
        "signatures": letterhead.signatures,
        "logo": {"bytes": list(logo.content), "kind": logo.kind} if logo else None,
    }
