"""`rtcheck serve`: the workbench, a page in the browser where plans are checked by hand."""

import os
import sys
import webbrowser
from pathlib import Path
from typing import Annotated

from rtcheck.cli.declared import Argument, Option
from rtcheck.cli.options import DrawnOnly, Looks, OwnColours
from rtcheck.cli.standard_output import say
from rtcheck.errors import UsageError

MIB = 1024**2


def serve(
    looks: Looks,
    folder: Annotated[
        Path | None,
        Argument(metavar="FOLDER", help="A folder whose plans the page lists; anyone with the address sees them."),
    ] = None,
    protocol: Annotated[
        str | None,
        Option("--protocol", "-p", metavar="NAME_OR_FILE", help="The protocol that is selected at the start."),
    ] = None,
    port: Annotated[int, Option("--port", metavar="N", min=0, max=65535, help="The port; 0 takes a free one.")] = 0,
    host: Annotated[
        str, Option("--host", metavar="ADDRESS", help="The address to listen on; other machines reach 0.0.0.0.")
    ] = "127.0.0.1",
    allow_host: Annotated[
        list[str] | None,
        Option("--allow-host", metavar="NAME", help="Answer to this host name too, such as that of a proxy."),
    ] = None,
    read_only: Annotated[bool, Option("--read-only", help="Take no uploads: open the plans of FOLDER alone.")] = False,
    max_upload: Annotated[
        int, Option("--max-upload", metavar="MIB", min=1, help="The most that one page may upload.")
    ] = 2048,
    own_colours: OwnColours = False,
    drawn_only: DrawnOnly = False,
    no_browser: Annotated[bool, Option("--no-browser", help="Print the address and open no browser.")] = False,
) -> int:
    """Open the workbench in the browser: check plans by hand, with answers at once.

    The page is on this machine alone and works offline; its address holds a random token. What is uploaded is kept in
    a private temporary folder and removed when the page or the server ends. --unit, --own-colours and --drawn-only are
    what a page begins with; it can change them. Ends on Ctrl-C.
    """
    from rtcheck.web.chosen import Chosen
    from rtcheck.web.limits import Limits
    from rtcheck.web.serving import Serving, extra_needed
    from rtcheck.web.serving import serve as run

    extra_needed()
    if folder is not None and not folder.exists():
        raise UsageError(f"There is no folder {folder}.")
    if read_only and folder is None:
        raise UsageError("--read-only takes no uploads, and no folder is served: name the folder with the plans.")
    looks.style()  # faults of the letterhead are reported before anything is served
    serving = Serving(
        folder=folder.resolve() if folder else None,
        chosen=Chosen(
            protocol=_known(protocol) if protocol else "",
            unit=looks.unit.value,
            own_colours=own_colours,
            drawn_only=drawn_only,
            letterhead=looks.letterhead.resolve() if looks.letterhead else None,
        ),
        host=host,
        port=port,
        is_read_only=read_only,
        names=tuple(name.lower() for name in allow_host or ()),
        limits=Limits(upload_bytes=max_upload * MIB),
    )
    if not serving.is_loopback:
        _say(
            f"Warning: the page is open to other machines on {host}, and without TLS anyone on the network can "
            "read what it shows, including the token. Put a proxy with TLS in front of it."
        )

    def opened(address: str) -> None:
        say(f"{address}\n")
        _say("The workbench is open at this address. Ctrl-C ends it.")
        if not no_browser and _has_screen():
            webbrowser.open(address)

    run(serving, say=_say, opened=opened)
    _say("Ended; what was uploaded is removed.")
    return 0


def _known(protocol: str) -> str:
    """The protocol's name in the library, or its file's path; a UsageError where there is none."""
    from rtcheck.protocol.file.library import find_protocol, protocol_files

    path = find_protocol(protocol)
    in_library = next((name for name, file in protocol_files().items() if file == path), None)
    return in_library or str(path.resolve())


def _has_screen() -> bool:
    """Whether a browser that opens is one with windows, and not one inside this terminal."""
    return sys.platform in ("darwin", "win32") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
