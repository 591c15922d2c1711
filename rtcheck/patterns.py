"""Regular expressions that are compiled when they are first used: each takes 0.1 to 1 ms, and most commands use few."""

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    pattern = re.compile
else:

    class pattern:  # noqa: N801 - called like re.compile, which it stands for
        """What `re.compile` gives for these arguments, once something is asked of it."""

        def __init__(self, *arguments: Any) -> None:
            self._arguments = arguments

        def __getattr__(self, name: str) -> Any:
            if name.startswith("__"):
                raise AttributeError(name)
            found = getattr(re.compile(*self._arguments), name)
            setattr(self, name, found)
            return found
