"""What a page gives beside the plan -> the texts of the files that say the same: aliases, facts, waivers."""

from typing import Any

import yaml

from rtcheck.protocol.names.aliases import alias_line
from rtcheck.web.desk.question import Question

KINDS = ("aliases", "facts", "waivers")


def texts_of(question: Question) -> dict[str, str]:
    """The text of each file by its kind; those that would say nothing are left out."""
    texts = {
        "aliases": "".join(f"{alias_line(name, roi)}\n" for name, roi in question.aliases),
        "facts": _yaml(dict(question.facts)) if question.facts else "",
        "waivers": _yaml({"waivers": [dict(entry) for entry in question.waivers]}) if question.waivers else "",
    }
    return {kind: text for kind, text in texts.items() if text}


def _yaml(values: Any) -> str:
    return str(yaml.safe_dump(values, sort_keys=False, allow_unicode=True, width=1000))
