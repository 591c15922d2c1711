"""A real Orthanc with its DICOMweb plugin, on loopback and on free ports, for as long as a test lasts."""

import json
import socket
import subprocess
import urllib.request
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support.dicom_network import wait_for

PLUGINS = Path("/usr/share/orthanc/plugins")


@dataclass(frozen=True)
class Orthanc:
    """Where it listens."""

    http_port: int
    dicom_port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.http_port}"

    @property
    def dicomweb(self) -> str:
        return f"{self.url}/dicom-web"

    def ask(self, path: str, content: bytes | None = None) -> Any:
        with urllib.request.urlopen(f"{self.url}{path}", data=content, timeout=20) as answer:
            return json.loads(answer.read())

    def remove(self, path: str) -> None:
        request = urllib.request.Request(f"{self.url}{path}", method="DELETE")
        urllib.request.urlopen(request, timeout=20).close()

    def fill(self, files: Iterable[Path]) -> None:
        for file in files:
            self.ask("/instances", file.read_bytes())

    def is_up(self) -> bool:
        try:
            return "Version" in self.ask("/system")
        except OSError:
            return False


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def orthanc_at(folder: Path, **settings: Any) -> Iterator[Orthanc]:
    """Orthanc with its files in `folder`; `settings` are added to its configuration."""
    server = Orthanc(http_port=free_port(), dicom_port=free_port())
    folder.mkdir()
    configuration = {
        "Name": "test",
        "StorageDirectory": str(folder / "db"),
        "IndexDirectory": str(folder / "db"),
        "HttpPort": server.http_port,
        "DicomPort": server.dicom_port,
        "DicomAet": "ORTHANC",
        "HttpBindAddresses": ["127.0.0.1"],
        "RemoteAccessAllowed": False,
        "AuthenticationEnabled": False,
        "Plugins": [str(PLUGINS / "libOrthancDicomWeb.so")],
        "DicomWeb": {"Enable": True, "Root": "/dicom-web/"},
        **settings,
    }
    path = folder / "orthanc.json"
    path.write_text(json.dumps(configuration), "utf-8")
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen(["Orthanc", str(path)], stdout=log, stderr=log) as running,
    ):
        try:
            assert wait_for(server.is_up, seconds=120), (folder / "log").read_text("utf-8", errors="replace")
            yield server
        finally:
            running.terminate()
            running.wait(timeout=120)
