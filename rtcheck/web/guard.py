"""Who may ask: the token in the path, the Host and the Origin of a request; and the headers of every answer.

A page that is open elsewhere in the same browser can send requests here, and a name that it controls can be made to
point at this machine (DNS rebinding). So a request has to know the token, to name this server as its host by an address
or by a name that it was given, and to come from a page of this server or from no page at all.
"""

import hmac
import ipaddress
import secrets
from collections.abc import Iterable
from typing import Final

from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rtcheck.values import dataclass

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "font-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS: Final = (
    ("content-security-policy", POLICY),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=()"),
    ("cache-control", "no-store"),
)
SAFE_METHODS = ("GET", "HEAD")


def new_token() -> str:
    """A token that nobody can guess; it is in the path of every address of the server."""
    return secrets.token_urlsafe(24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """What a request must bring: the token, and a host from `names` or an address of this machine.

    `is_loopback`: only the addresses of this machine itself are hosts, else every address is.
    """

    token: str
    names: frozenset[str] = frozenset({"localhost"})
    is_loopback: bool = True

    def refusal(self, scope: Scope) -> str:
        """Why the request is refused; "" where it is not."""
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        host = headers.get("host", "")
        if not self.knows_host(host):
            return "This host name is not served here. Use the address that rtcheck serve printed."
        if not self._is_own_origin(headers.get("origin"), host):
            return "Requests from pages of other sites are rejected."
        if not _is_own_site(headers.get("sec-fetch-site", ""), headers.get("sec-fetch-mode", ""), scope["method"]):
            return "Requests from pages of other sites are rejected."
        return ""

    def knows_host(self, host: str) -> bool:
        """Whether a Host header names this server."""
        name = _name_of(host)
        if name in self.names:
            return True
        try:
            address = ipaddress.ip_address(name)
        except ValueError:
            return False
        return address.is_loopback or not self.is_loopback

    def has_token(self, path: str) -> bool:
        """Whether a path begins with the token."""
        return hmac.compare_digest(path.strip("/").partition("/")[0].encode(), self.token.encode())

    def _is_own_origin(self, origin: str | None, host: str) -> bool:
        """Whether the page that asks is of this server; behind TLS its scheme is another than ours."""
        return origin is None or origin in (f"http://{host}", f"https://{host}")


def _name_of(host: str) -> str:
    """The name in "localhost:8000" or "[::1]:8000", without port and brackets."""
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.rpartition(":")[0].lower() if ":" in host else host.lower()


def _is_own_site(site: str, mode: str, method: str) -> bool:
    """Whether the browser says that the request comes from here, or that a person followed a link or typed it."""
    return site in ("", "none", "same-origin") or (method in SAFE_METHODS and mode == "navigate")


class Guard:
    """The application behind the gate. It sees paths without the token."""

    def __init__(self, app: ASGIApp, gate: Gate) -> None:
        self.app, self.gate = app, gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = _with_headers(message.get("headers", ()))
            await send(message)

        response = self._refused(scope)
        if response is not None:
            await response(scope, receive, send_guarded)
            return
        path = scope["path"][1 + len(self.gate.token) :]
        await self.app({**scope, "path": path, "raw_path": path.encode()}, receive, send_guarded)

    def _refused(self, scope: Scope) -> Response | None:
        refusal = self.gate.refusal(scope)
        if refusal:
            return PlainTextResponse(refusal + "\n", status_code=403)
        if not self.gate.has_token(scope["path"]):
            text = "This address lacks the token of the running server. Open the address that rtcheck serve printed.\n"
            return PlainTextResponse(text, status_code=403)
        if scope["path"] == f"/{self.gate.token}":
            return PlainTextResponse("", status_code=307, headers={"location": f"/{self.gate.token}/"})
        return None


def _with_headers(own: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    own = list(own)
    named = {name.lower() for name, _ in own}
    return own + [(n.encode(), v.encode()) for n, v in HEADERS if n.encode() not in named]
