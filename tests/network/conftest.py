"""A listener on a free loopback port."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytest.importorskip("pynetdicom")

from rtcheck.batch.work import Question
from rtcheck.network.inbox import Inbox
from rtcheck.network.listener import Door, Listener
from rtcheck.network.worker import Judge
from rtcheck.protocol.file.load import load_protocol

Listening = Callable[..., Listener]


@pytest.fixture
def listening(tmp_path: Path) -> Iterator[Listening]:
    """Starts listeners, whose log is `tmp_path/log`; all are stopped at the end."""
    started: list[Listener] = []

    def start(*, limit_bytes: int = 10**9, send_to: object = None, **door: object) -> Listener:
        def say(text: str) -> None:
            with (tmp_path / "log").open("a", encoding="utf-8") as log:
                log.write(text + "\n")

        judge = Judge(
            inbox=Inbox(tmp_path / "objects", limit_bytes=limit_bytes),
            out=tmp_path,
            question=Question(protocols=(load_protocol("apatinib"),), formats=("html", "json", "pdf")),
            settle_s=0.5,
            send_to=send_to,
            say=say,
        )
        listener = Listener(door=Door(port=0, timeout_s=5.0, **door), judge=judge, say=say)
        listener.start()
        started.append(listener)
        return listener

    yield start
    for listener in started:
        listener.stop()
