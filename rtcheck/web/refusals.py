"""What the server refuses, as exceptions that become answers: a status, a short code and a sentence."""

from rtcheck.errors import RtcheckError


class Refusal(RtcheckError):  # noqa: N818 - an answer, and no fault of the server
    """A request that is not answered as asked: `status` of HTTP, a stable `code`, and `details` as plain values."""

    def __init__(self, status: int, code: str, text: str, **details: object) -> None:
        super().__init__(text)
        self.status, self.code, self.details = status, code, details


def not_found(what: str) -> Refusal:
    """The refusal of an id that names nothing (any more)."""
    return Refusal(404, "web.not-found", f"This {what} is no longer on the server. Open it again.")
