"""The help of a command, its options under headings: its own first, then group by group."""

from collections.abc import Mapping
from typing import Any

from typer.core import TyperCommand


def in_sections(headings: Mapping[str, str]) -> type[TyperCommand]:
    """The kind of command whose help has these headings: parameter name -> heading. Others are plain options."""

    class Sectioned(TyperCommand):
        def format_options(self, ctx: Any, formatter: Any) -> None:
            plain = {"argument": "Arguments", "option": "Options"}
            sections: dict[str, list[tuple[str, str]]] = {heading: [] for heading in plain.values()}
            for each in self.get_params(ctx):
                row = each.get_help_record(ctx)
                if row is not None:
                    heading = headings.get(each.name or "", plain[each.param_type_name])
                    sections.setdefault(heading, []).append(row)
            for heading, rows in sections.items():
                if rows:
                    with formatter.section(heading):
                        formatter.write_dl(rows)

    return Sectioned
