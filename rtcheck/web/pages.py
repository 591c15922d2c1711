"""The files of the page, from the package: read once, served as they are."""

from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from starlette.responses import PlainTextResponse, Response

_TYPES = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".json": "application/json",
}


@cache
def page_files() -> dict[str, bytes]:
    """Every file of the page by its path below `page/`."""
    return dict(_below(files("rtcheck.web") / "page", ""))


def _below(folder: Traversable, prefix: str) -> list[tuple[str, bytes]]:
    found: list[tuple[str, bytes]] = []
    for entry in folder.iterdir():
        name = prefix + entry.name
        if entry.is_dir():
            found += _below(entry, f"{name}/")
        elif any(name.endswith(suffix) for suffix in _TYPES):
            found.append((name, entry.read_bytes()))
    return found


def response(name: str) -> Response:
    """One file of the page."""
    content = page_files().get(name)
    if content is None:
        return PlainTextResponse("File not found.\n", status_code=404)
    suffix = name[name.rfind(".") :]
    return Response(content, media_type=_TYPES[suffix])
