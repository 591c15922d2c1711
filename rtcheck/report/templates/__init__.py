"""The templates, style sheets and scripts of pages and of the PDF, as text."""

import re
from functools import cache
from importlib.resources import files

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup, escape


@cache
def environment() -> Environment:
    """The templates; whatever is put into them is escaped."""
    made = Environment(
        loader=FunctionLoader(_template),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["soft"] = soft
    return made


def soft(name: str) -> Markup:
    """A name that may break behind an underscore, a caret or a hyphen rather than within a word."""
    return Markup(re.sub(r"([_^+/-])(?=.)", r"\1<wbr>", str(escape(name))))


@cache
def template_text(name: str) -> str:
    """A style sheet, a script or the PDF's template of this folder; a style sheet on one line."""
    text = (files(__name__) / name).read_text(encoding="utf-8")
    return re.sub(r"\s*\n\s*", "", text) if name.endswith(".css") else text


def _template(name: str) -> str:
    """A template as jinja reads it: indented for people, which a page need not carry. Data is not touched by this."""
    return re.sub(r"^[ \t]+", "", (files(__name__) / name).read_text(encoding="utf-8"), flags=re.MULTILINE)
