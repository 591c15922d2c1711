"""The help that names all commands: made from their table, so that no command's module is imported."""

from rtcheck import __version__
from rtcheck.cli.table import COMMANDS

_HEAD = """\
rtcheck {version}: checks radiotherapy plans (DICOM RT) against protocols.

Usage:  rtcheck PATH --protocol NAME_OR_FILE  check the plan in a file or folder
        rtcheck COMMAND ...                   one of these commands:

"""
_TAIL = """
`rtcheck COMMAND --help` lists the options of a command.
`rtcheck --install-completion` enables completion with the Tab key.

Exit status: 0 all required items met; 1 something required is not met;
             2 usage error; 3 something required could not be evaluated;
             4 internal error.

Try:    rtcheck protocols list
        rtcheck sample_dicom/apatinib_50gy_passes --protocol apatinib
"""


def overview() -> str:
    """What rtcheck does, and its commands with a line each."""
    width = max(len(name) for name in COMMANDS)
    lines = [f"  {name:<{width}}  {command.summary}\n" for name, command in COMMANDS.items()]
    return _HEAD.format(version=__version__) + "".join(lines) + _TAIL
