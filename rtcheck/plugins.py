"""Plug-ins: metrics, formats, importers and checks that other installed packages offer by their entry points.

A plug-in is imported when it is used. One that is missing or fails is named, with its package; what it would have
answered counts as unknown.
"""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from rtcheck.errors import RtcheckError
from rtcheck.values import dataclass

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

Group = Literal["metrics", "formats", "importers", "checks"]
GROUPS: Final[tuple[Group, ...]] = ("metrics", "formats", "importers", "checks")


class PluginError(RtcheckError):
    """A plug-in is not installed, or fails; the text is a clause that names it and its package."""


@dataclass(frozen=True, slots=True)
class Plugin:
    """One entry point of an installed package; `package` is "clinic-tools 1.2"."""

    group: Group
    name: str
    package: str
    entry_point: "EntryPoint"

    def __str__(self) -> str:
        return f"{self.name} ({self.package})"

    def load(self) -> Callable[..., Any]:
        """What the package offers. Raises PluginError where it cannot be imported."""
        found = self._guarded(self.entry_point.load)
        if not callable(found):
            raise PluginError(f"the plug-in {self} is not a function")
        return found  # type: ignore[no-any-return]

    def call(self, *arguments: Any, **named: Any) -> Any:
        """Its answer. Raises PluginError where it fails; errors of rtcheck pass through."""
        function = self.load()
        return self._guarded(lambda: function(*arguments, **named))

    def stated(self, attribute: str, otherwise: Any) -> Any:
        """An attribute of the function, such as the unit of a metric."""
        return getattr(self.load(), attribute, otherwise)

    def _guarded(self, step: Callable[[], Any]) -> Any:
        try:
            return step()
        except RtcheckError:
            raise
        except Exception as error:
            from traceback import extract_tb

            last = extract_tb(error.__traceback__)[-1]
            place = f"{type(error).__name__} in {Path(last.filename).name}, line {last.lineno}"
            raise PluginError(f"the plug-in {self} failed ({place})") from error


@cache
def installed(group: Group) -> tuple[Plugin, ...]:
    """The plug-ins of a group in the order of their names."""
    from importlib.metadata import entry_points  # takes longer to import than all else of a small check

    found = (Plugin(group, each.name, _package(each), each) for each in entry_points(group=f"rtcheck.{group}"))
    return tuple(sorted(found, key=lambda plugin: (plugin.name, plugin.package)))


def plugin_of(group: Group, name: str) -> Plugin:
    """The plug-in of that name. Raises PluginError where there is none, or several packages offer one."""
    found = [plugin for plugin in installed(group) if plugin.name == name]
    if not found:
        raise PluginError(f"the plug-in {name} (rtcheck.{group}) is not installed")
    if len(found) > 1:
        raise PluginError(f"several packages offer the plug-in {name}: {', '.join(each.package for each in found)}")
    return found[0]


def versions() -> dict[str, str]:
    """The version of each package with plug-ins that can change a verdict."""
    packages = {plugin.package for group in ("metrics", "checks") for plugin in installed(group)}
    return dict(sorted(package.rsplit(" ", 1) for package in packages))


def _package(entry_point: "EntryPoint") -> str:
    return f"{entry_point.dist.name} {entry_point.dist.version}" if entry_point.dist else "unknown package 0"
