"""The help that names all commands: made from their table, so that no command's module is imported."""

from rtcheck import __version__
from rtcheck.cli.table import COMMANDS

_HEAD = """\
rtcheck {version}: checks radiotherapy plans against protocols, from DICOM RT.

Usage:  rtcheck PATH --protocol NAME_OR_FILE  check the plan in a file or folder
        rtcheck COMMAND ...                   one of these:

"""
_TAIL = """
`rtcheck COMMAND --help` tells the options of one command.
`rtcheck --install-completion` lets the Tab key complete commands and options.

Exit status: 0 all met; 1 a required constraint is violated;
             2 the question was put wrongly; 3 something required could not be
             evaluated; 4 an error inside rtcheck.

Try:    rtcheck protocols list
        rtcheck sample_dicom/apatinib_50gy_passes --protocol apatinib
"""


def overview() -> str:
    """What rtcheck does, and its commands with a line each."""
    width = max(len(name) for name in COMMANDS)
    lines = [f"  {name:<{width}}  {command.summary}\n" for name, command in COMMANDS.items()]
    return _HEAD.format(version=__version__) + "".join(lines) + _TAIL
