"""`rtcheck guide [NAME]`: the guides in the terminal, since hospital machines often have no internet."""

from typing import TYPE_CHECKING, Annotated

from rtcheck.cli.declared import Argument

if TYPE_CHECKING:
    from rtcheck.guides import Guide

WIDEST = 100  # columns; longer lines are hard to read


def _guide_names() -> list[str]:
    """The names that the Tab key offers."""
    from rtcheck.guides import SUMMARIES

    return list(SUMMARIES)


def guide(
    name: Annotated[
        str | None,
        Argument(
            metavar="NAME", help="A guide, such as first-steps; without a name, list them.", autocompletion=_guide_names
        ),
    ] = None,
) -> None:
    """Print a guide, or list the guides.

    In a terminal the guide is formatted; otherwise (in a pipe or a file) it is plain Markdown, at most 80 columns wide.
    """
    from rtcheck.cli.output import emit
    from rtcheck.guides import guide_named
    from rtcheck.report.formats.columns import terminal_width

    if name is None:
        emit(_list_of_guides(), None)
        return
    chosen = guide_named(name)
    columns = terminal_width()
    emit(chosen.text if columns is None else _formatted(chosen, min(columns, WIDEST)), None)


def _list_of_guides() -> str:
    from rtcheck.guides import SUMMARIES

    width = max(map(len, SUMMARIES))
    lines = [f"  {name:<{width}}  {summary}" for name, summary in SUMMARIES.items()]
    return "\n".join(["Guides:", "", *lines, "", "`rtcheck guide NAME` prints one of them.", ""])


def _formatted(chosen: "Guide", columns: int) -> str:
    """The guide for a terminal of that width."""
    import io
    import re

    from rich.console import Console, ConsoleOptions, RenderResult
    from rich.markdown import Heading, Markdown
    from rich.text import Text
    from rich.theme import Theme

    class LeftHeading(Heading):
        """A heading at the left margin; rich centres them."""

        def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
            yield Text(self.text.plain, style="bold underline" if self.tag == "h1" else "bold")

    class Page(Markdown):
        elements = {**Markdown.elements, "heading_open": LeftHeading}  # noqa: RUF012

    without_local_links = re.sub(r"\[([^\]]+)\]\((?!https?:)[^)]*\)", r"**\1**", chosen.text)
    page = io.StringIO()
    theme = Theme({"markdown.code": "bold cyan"})  # readable on light and dark backgrounds
    console = Console(file=page, width=columns, force_terminal=True, theme=theme)
    console.print(Page(without_local_links, code_theme="ansi_dark", hyperlinks=False))
    return page.getvalue()
