"""SVG by small safe pieces: every attribute and every text is escaped here and nowhere else."""

from collections.abc import Iterable

from markupsafe import Markup, escape

Attribute = str | float | None


def element(name: str, *children: Markup | str, **attributes: Attribute) -> Markup:
    """One element: `class_` -> class, `stroke_dasharray` -> stroke-dasharray; None leaves an attribute out."""
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(_text(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    inner = Markup("").join(children)
    return Markup(f"<{name}{written}>{inner}</{name}>") if inner else Markup(f"<{name}{written}/>")


def joined(pieces: Iterable[Markup]) -> Markup:
    return Markup("").join(pieces)


def percent(share: float) -> str:
    """A share of the width as an SVG length: 0.5 -> "50%"."""
    return f"{100 * share:.2f}".rstrip("0").rstrip(".") + "%"


def number(value: float, decimals: int = 2) -> str:
    """A coordinate without needless digits."""
    text = f"{value:.{decimals}f}"
    trimmed = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if trimmed == "-0" else trimmed


def _text(value: str | float) -> str:
    return value if isinstance(value, str) else number(value)
