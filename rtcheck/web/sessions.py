"""What each open page has on the server: its uploads, cases and protocols, which no other page knows the names of.

Everything is found by a random name that only its page was told. A page that is closed says so, and its session goes a
little later, so that a reload finds it again; one that is silent for long goes too. A tab that is duplicated is of the
same session, which stays until the last of its pages has left.
"""

import secrets
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from rtcheck.web.desk.question import Recipe
from rtcheck.web.limits import Limits
from rtcheck.web.refusals import Refusal, not_found
from rtcheck.web.workers import Worker

MOST_PAGES, MOST_PAGE_NAME = 64, 64

Thing = TypeVar("Thing")


def new_id() -> str:
    """A name that nobody can guess."""
    return secrets.token_urlsafe(12)


@dataclass(slots=True, kw_only=True)
class Upload:
    """The files of one drop, below `folder`; `names` are those files as the page calls them."""

    id: str
    folder: Path
    names: dict[str, Path] = field(default_factory=dict)
    found: bytes = b""


@dataclass(slots=True, kw_only=True)
class CaseEntry:
    """A case of a session: `recipe` tells a worker how to read it, again if need be."""

    id: str
    recipe: Recipe


@dataclass(slots=True, kw_only=True)
class Session:
    """One page. `folder` holds its uploads and what it edits; `worker` holds its cases in memory."""

    id: str
    folder: Path
    worker: Worker
    seen: float
    leaving_at: float | None = None
    pages: set[str] = field(default_factory=set)
    uploaded_bytes: int = 0
    uploaded_files: int = 0
    uploads: dict[str, Upload] = field(default_factory=dict)
    cases: dict[str, CaseEntry] = field(default_factory=dict)
    protocols: dict[str, Path] = field(default_factory=dict)

    def new_folder(self, kind: str) -> tuple[str, Path]:
        """A new folder of the session with its random name."""
        name = new_id()
        folder = self.folder / kind / name
        folder.mkdir(parents=True, mode=0o700)
        return name, folder


@dataclass(slots=True, kw_only=True)
class Sessions:
    """All sessions of a server, below `root`. `now` is a clock, for tests."""

    root: Path
    limits: Limits
    choose_worker: Callable[[], Worker]
    now: Callable[[], float] = time.monotonic
    on_end: Callable[[Session], None] = lambda _: None
    _all: dict[str, Session] = field(default_factory=dict)

    def open(self) -> Session:
        """A new session; where there are too many the one that was silent for longest goes."""
        self.sweep()
        while len(self._all) >= self.limits.sessions:
            self.end(min(self._all.values(), key=lambda session: session.seen).id)
        name = new_id()
        folder = self.root / name
        folder.mkdir(mode=0o700)
        worker = self.choose_worker()
        worker.sessions += 1
        self._all[name] = Session(id=name, folder=folder, worker=worker, seen=self.now())
        return self._all[name]

    def get(self, name: str) -> Session:
        """The session of that name, which has been heard of now."""
        session = self._all.get(name)
        if session is None:
            raise Refusal(
                404, "web.no-session", "This page's session has ended. Reload the page and open the plan again."
            )
        session.seen, session.leaving_at = self.now(), None
        return session

    def arrive(self, session: Session, page: str) -> None:
        """A page is of this session from now on; it has a name of its own, since tabs can be duplicated."""
        if page and len(session.pages) < MOST_PAGES:
            session.pages.add(page[:MOST_PAGE_NAME])

    def leave(self, name: str, page: str = "") -> None:
        """The page is being closed, or reloaded: without other pages its session waits a little for it."""
        session = self._all.get(name)
        if session is None:
            return
        session.pages.discard(page[:MOST_PAGE_NAME])
        if not session.pages:
            session.leaving_at = self.now() + self.limits.leaving_s

    def end(self, name: str) -> None:
        """The session ends, and what it uploaded goes."""
        session = self._all.pop(name, None)
        if session is None:
            return
        session.worker.sessions -= 1
        self.on_end(session)
        shutil.rmtree(session.folder, ignore_errors=True)

    def sweep(self) -> None:
        """End the sessions whose page has left or is silent."""
        now = self.now()
        for session in list(self._all.values()):
            is_silent = now - session.seen > self.limits.idle_s
            if is_silent or (session.leaving_at is not None and now >= session.leaving_at):
                self.end(session.id)

    def __len__(self) -> int:
        return len(self._all)


def of_session(things: dict[str, Thing], name: str, what: str) -> Thing:
    """The thing of that name, which comes last from now on; a Refusal where it is not this session's, or gone."""
    try:
        things[name] = things.pop(name)
        return things[name]
    except KeyError:
        raise not_found(what) from None
