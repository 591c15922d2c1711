"""A workbench as its command starts it, and a client that speaks to it as a page does, or as a stranger would."""

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

START_S = 60.0


@dataclass
class Reply:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> Any:
        return self.json()["error"]


@dataclass
class Client:
    """One page's view of a server: its address, and a session once `begin` was called."""

    address: str
    session: str = ""
    replies: list[tuple[str, str, Reply]] = field(default_factory=list)
    opened: dict[str, str] = field(default_factory=dict)

    @property
    def base(self) -> str:
        return urlsplit(self.address).path

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        is_absolute: bool = False,
    ) -> Reply:
        """One request; `path` is below the page's address."""
        at = urlsplit(self.address)
        connection = http.client.HTTPConnection(at.hostname or "", at.port, timeout=300)
        try:
            own = {"rtcheck-session": self.session} if self.session else {}
            connection.request(method, path if is_absolute else self.base + path, body, {**own, **(headers or {})})
            answer = connection.getresponse()
            reply = Reply(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        finally:
            connection.close()
        self.replies.append((method, path, reply))
        return reply

    def get(self, path: str, **headers: str) -> Reply:
        return self.ask("GET", path, None, headers)

    def post(self, path: str, values: Any = None, **headers: str) -> Reply:
        body = json.dumps({} if values is None else values).encode()
        return self.ask("POST", path, body, {"content-type": "application/json", **headers})

    def begin(self) -> "Client":
        """A new page on the same server."""
        client = Client(self.address)
        client.session = client.post("api/sessions").json()["session"]
        return client

    def upload(self, files: Mapping[str, bytes], to: str = "") -> Reply:
        """The reply to sending these files; `to` is the address, else a new upload."""
        path = to or f"api/uploads/{self.post('api/uploads').json()['upload']}"
        body, kind = multipart(files)
        return self.ask("POST", path, body, {"content-type": kind})

    def open_served(self, plan: str) -> str:
        """The case of a served plan whose name begins so, opened once."""
        found = next((case for name, case in self.opened.items() if name.startswith(plan)), None)
        if found is None:
            plans = self.get("api/plans").json()["plans"]
            wanted = next(each for each in plans if each["name"].startswith(plan))
            reply = self.post("api/cases", wanted["open"])
            assert reply.status == 200, reply.body
            found = self.opened[wanted["name"]] = str(reply.json()["case"])
        return found

    def check(self, case: str, **question: Any) -> Any:
        """The answer to a check."""
        reply = self.post(f"api/cases/{case}/check", {"protocol": "apatinib", **question})
        assert reply.status == 200, reply.body
        return reply.json()


def multipart(files: Mapping[str, bytes]) -> tuple[bytes, str]:
    """A form of files as a browser sends it, and its content type."""
    boundary = f"----rtcheck{uuid4().hex}"
    parts = []
    for name, content in files.items():
        named = name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{named}"\r\n'
        parts.append(head.encode("utf-8", "surrogateescape") + b"Content-Type: application/dicom\r\n\r\n" + content)
    return b"\r\n".join(parts) + f"\r\n--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


@dataclass
class Running:
    """A server that runs as a process of its own. `temporary` is where its private folder is."""

    process: "subprocess.Popen[str]"
    client: Client
    temporary: Path
    log: Path

    @property
    def private_folders(self) -> list[Path]:
        return list(self.temporary.glob("rtcheck-serve-*"))

    def workers(self) -> list[int]:
        """The processes that read and check."""
        listed = subprocess.run(
            ["ps", "-o", "pid=,args=", "--ppid", str(self.process.pid)], capture_output=True, text=True, check=True
        )
        return [int(line.split()[0]) for line in listed.stdout.splitlines() if "spawn_main" in line]


@contextmanager
def workbench(
    temporary: Path, *words: object, expects_start: bool = True, environment: Mapping[str, str] | None = None
) -> Iterator[Running]:
    """`rtcheck serve WORDS...` until the block ends; its temporary files go below `temporary`."""
    log = temporary / "serve.log"
    with log.open("a", encoding="utf-8") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "rtcheck", "serve", *map(str, words), "--no-browser"],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env={**os.environ, "TMPDIR": str(temporary), **(environment or {})},
        )
    try:
        assert process.stdout is not None
        address = process.stdout.readline().strip() if expects_start else ""
        assert re.fullmatch(r"http://[^/]+/[\w-]{30,}/", address), (address, log.read_text())
        yield Running(process, Client(address), temporary, log)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(timeout=90)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def until(holds: Any, *, seconds: float = 90.0, every: float = 0.1) -> bool:
    """Whether it holds before the time is over."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if holds():
            return True
        time.sleep(every)
    return bool(holds())
