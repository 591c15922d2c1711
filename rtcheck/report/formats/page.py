"""Templates -> one self-contained page: style and script inside, and a policy that lets nothing else run or load."""

import base64
import hashlib
from typing import Any

from markupsafe import Markup

from rtcheck.report.charts.glyphs import kind_rules, symbols
from rtcheck.report.templates import environment, template_text


def rendered_page(template: str, *, style: str, script: str, **values: Any) -> str:
    """The page; its policy allows exactly this style and this script, by their hashes, and pictures inside the page."""
    policy = (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    page = environment().get_template(template)
    return page.render(policy=Markup(policy), style=Markup(style), script=Markup(script), symbols=symbols(), **values)


def page_style(*names: str) -> str:
    """The style sheets of a page: colours of the outcomes, what all pages share, and these."""
    return kind_rules() + "".join(template_text(name) for name in ("page.css", *names))


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def css_string(text: str) -> str:
    """A quoted CSS string in which nothing but letters, digits and blanks stands as itself."""
    # The blank that ends a hexadecimal escape belongs to it.
    return '"' + "".join(char if char.isalnum() or char == " " else f"\\{ord(char):x} " for char in text) + '"'


def running_foot(text: str) -> str:
    """The rule that prints `text` and the page number under every page."""
    font = "font:8pt sans-serif;color:#555"
    return (
        f"@media print{{@page{{@bottom-left{{content:{css_string(text)};{font}}}"
        f'@bottom-right{{content:counter(page) " / " counter(pages);{font}}}}}}}'
    )
