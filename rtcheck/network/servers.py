"""DICOMweb servers and Orthanc's own REST: the parts of plans from them, and reports to them."""

import base64
import json
import os
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Sequence
from io import BytesIO
from typing import Any, Protocol

from pydicom import dcmread, dcmwrite
from pydicom.dataset import Dataset

from rtcheck.errors import RtcheckError, UsageError
from rtcheck.network.extra import needed
from rtcheck.values import dataclass

MODALITIES = ("RTPLAN", "RTDOSE", "RTSTRUCT")
"""What is fetched: never images, which are large and decide nothing."""

TIMEOUT_S = 60.0
MAX_ANSWER_BYTES = 1024**3


class ServerError(RtcheckError):
    """The server does not answer, or refuses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Whose plans: a patient's by ID, or those of one study."""

    patient_id: str = ""
    study_uid: str = ""

    def __post_init__(self) -> None:
        if bool(self.patient_id) == bool(self.study_uid):
            raise UsageError("Give either --patient ID or --study UID.")
        if any(sign in self.patient_id + self.study_uid for sign in "*?\\"):
            raise UsageError("Give the complete patient ID or study UID, without * or ?.")


class Server(Protocol):
    """What can be asked of a server."""

    def fetch(self, wanted: Wanted) -> Iterator[Dataset]:
        """The plans, doses and structure sets."""

    def store(self, dataset: Dataset) -> None:
        """Keep one object."""


def server_at(url: str) -> Server:
    """The server at a URL: Orthanc's REST where it answers as Orthanc does, else DICOMweb.

    RTCHECK_SERVER_USER and RTCHECK_SERVER_PASSWORD in the environment log in.
    """
    if urllib.parse.urlsplit(url).scheme not in ("http", "https"):
        raise UsageError(f"{url}: the address of a server must begin with http:// or https://.")
    url = url.rstrip("/")
    return OrthancServer(url) if _is_orthanc(url) else DicomWebServer(url)


@dataclass(frozen=True, slots=True)
class DicomWebServer:
    """QIDO-RS, WADO-RS and STOW-RS by dicomweb-client."""

    url: str

    def fetch(self, wanted: Wanted) -> Iterator[Dataset]:
        client = self._client()
        try:
            for study in self._studies(client, wanted):
                for series in client.search_for_series(study):
                    found = Dataset.from_json(series)
                    if found.get("Modality") in MODALITIES:
                        yield from client.retrieve_series(study, found.SeriesInstanceUID)
        except (OSError, ValueError, AttributeError) as error:
            raise _refused(self.url, error) from None

    def store(self, dataset: Dataset) -> None:
        try:
            self._client().store_instances([dataset])
        except (OSError, ValueError) as error:
            raise _refused(self.url, error) from None

    def _client(self) -> Any:
        client = needed("dicomweb_client.api").DICOMwebClient(self.url, headers=_login())
        client.set_http_retry_params(retry=False)  # it would wait half a minute for a server that is not there
        return client

    def _studies(self, client: Any, wanted: Wanted) -> list[str]:
        if wanted.study_uid:
            return [wanted.study_uid]
        found = client.search_for_studies(search_filters={"PatientID": wanted.patient_id})
        return [str(Dataset.from_json(study).StudyInstanceUID) for study in found]


@dataclass(frozen=True, slots=True)
class OrthancServer:
    """Orthanc's own REST, which needs no plugin."""

    url: str

    def fetch(self, wanted: Wanted) -> Iterator[Dataset]:
        key = {"PatientID": wanted.patient_id} if wanted.patient_id else {"StudyInstanceUID": wanted.study_uid}
        for modality in MODALITIES:
            query = {"Level": "Series", "Expand": True, "Query": {**key, "Modality": modality}}
            for series in json.loads(_ask(f"{self.url}/tools/find", json.dumps(query).encode())):
                for instance in series["Instances"]:
                    yield dcmread(BytesIO(_ask(f"{self.url}/instances/{instance}/file")))

    def store(self, dataset: Dataset) -> None:
        stream = BytesIO()
        dcmwrite(stream, dataset, enforce_file_format=True)
        _ask(f"{self.url}/instances", stream.getvalue())


def parts_of(server: Server, wanted: Wanted) -> tuple[Dataset, ...]:
    """The parts of plans there; ServerError where there are none, so that nothing is never a pass."""
    found: Sequence[Dataset] = tuple(server.fetch(wanted))
    if not found:
        raise ServerError("The server has no plan, dose or structure set of this patient or study.")
    return tuple(found)


def _is_orthanc(url: str) -> bool:
    try:
        told = json.loads(_ask(f"{url}/system"))
    except (ServerError, ValueError):
        return False
    return isinstance(told, dict) and "DicomAet" in told


def _ask(url: str, content: bytes | None = None) -> bytes:
    request = urllib.request.Request(url, data=content, headers=_login())
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:
            body: bytes = answer.read(MAX_ANSWER_BYTES + 1)
    except (OSError, ValueError) as error:
        raise _refused(url, error) from None
    if len(body) > MAX_ANSWER_BYTES:
        raise ServerError(f"{_host(url)} sent more than {MAX_ANSWER_BYTES // 1024**2} MiB for one object.")
    return body


def _refused(url: str, error: Exception) -> ServerError:
    """What the server said, without the rest of the address: that may name a patient."""
    status = getattr(error, "code", None) or getattr(getattr(error, "response", None), "status_code", None)
    reason = f"HTTP status {status}" if status else type(error).__name__
    return ServerError(f"{_host(url)} did not answer the request ({reason}).")


def _host(url: str) -> str:
    return urllib.parse.urlsplit(url).netloc.rpartition("@")[2]


def _login() -> dict[str, str]:
    user, password = os.environ.get("RTCHECK_SERVER_USER"), os.environ.get("RTCHECK_SERVER_PASSWORD", "")
    if not user:
        return {}
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}
