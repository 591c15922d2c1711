"""What can go wrong, as exceptions: one root, and the exit status that each kind means."""

import unicodedata


class RtcheckError(Exception):
    """Root of all errors that rtcheck raises on purpose; its text is meant for the user.

    The text names the file, the place in it, what was found and what was expected. It never holds a patient's
    name or ID. `exit_status` is what the command line returns (see the README's table of exit statuses).
    """

    exit_status = 3


class UsageError(RtcheckError):
    """The question was put wrongly: unknown name, missing path, several plans to choose from."""

    exit_status = 2


class MissingExtraError(UsageError):
    """An optional package is not installed; the text says which extra brings it."""


class ProtocolError(UsageError):
    """A protocol, alias, facts or waiver file has faults; all of them, each with file and line."""

    def __init__(self, faults: tuple[str, ...]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


class GoalSyntaxError(UsageError):
    """A goal, metric, range or condition cannot be read; the message shows its text and underlines the place.

    `reason` is the message's first line, `text` what was read, and `start` and `end` the underlined columns.
    """

    def __init__(self, reason: str, *, text: str = "", start: int = 0, end: int = 0) -> None:
        underline = " " * start + "^" * max(1, end - start)
        super().__init__(f"{reason}\n    {text}\n    {underline}" if text else reason)
        self.reason, self.text, self.start, self.end = reason, text, start, end


class DicomError(RtcheckError):
    """A DICOM file cannot be read, or says something that rtcheck refuses to guess about.

    `code` is the stable short code of the refusal (`dose.relative-units`), as used by --ignore and --error.
    """

    def __init__(self, text: str, *, code: str = "dicom.unreadable") -> None:
        super().__init__(text)
        self.code = code


class GeometryError(RtcheckError):
    """Contours that make no solid: not planar, not axial, not finite."""


STEERING = ("Cc", "Cf", "Cs", "Co")
"""Unicode categories of characters that could steer a terminal, or are none."""


def harmless(text: str, *, kept: str = "") -> str:
    r"""The text with what could steer a terminal, or cannot be written as UTF-8, spelled out; `kept` stays as it is.

    >>> harmless("a\x1b[31m.dcm")
    'a\\x1b[31m.dcm'
    """
    if text.isprintable():
        return text
    return "".join(c if c in kept or _is_sign(c) else c.encode("unicode_escape").decode() for c in text)


def _is_sign(character: str) -> bool:
    return unicodedata.category(character) not in (*STEERING, "Zl", "Zp")


def place_of(error: BaseException) -> str:
    """What failed and where in rtcheck, without the error's own text: that may hold something of a patient."""
    place = "an unknown place"
    trace = error.__traceback__
    while trace is not None:
        module = trace.tb_frame.f_globals.get("__name__", "")
        if module.startswith("rtcheck"):
            place = f"{module}, line {trace.tb_lineno}"
        trace = trace.tb_next
    return f"{type(error).__name__} in {place}"
