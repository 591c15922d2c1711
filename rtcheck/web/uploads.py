"""A stream of files -> files in the session's private folder, each bounded before it is written."""

import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from python_multipart.multipart import MultipartParser, parse_options_header

from rtcheck.web.file_names import safe_name
from rtcheck.web.limits import MIB, Limits
from rtcheck.web.refusals import Refusal
from rtcheck.web.sessions import Session, Upload


@dataclass(slots=True)
class _Part:
    """One part of the form while it arrives."""

    headers: dict[str, str] = field(default_factory=dict)
    name: str = ""
    value: str = ""
    file: IO[bytes] | None = None
    path: Path | None = None


class Receiver:
    """Takes the bytes of one multipart form and writes its files; the callbacks are those of the parser."""

    def __init__(self, session: Session, upload: Upload, limits: Limits) -> None:
        self.session, self.upload, self.limits = session, upload, limits
        self.files = 0
        self._has_ended = False
        self._part = _Part()

    async def receive(self, content_type: str, stream: AsyncIterator[bytes]) -> int:
        """How many files came. A form that is cut off, or too large, leaves none of its unfinished files."""
        kind, options = parse_options_header(content_type)
        boundary = options.get(b"boundary")
        if kind != b"multipart/form-data" or not boundary:
            raise Refusal(415, "web.not-a-form", "Files are sent as multipart/form-data.")
        parser = MultipartParser(boundary, self._callbacks())  # type: ignore[arg-type]
        try:
            async for chunk in stream:
                parser.write(chunk)
            parser.finalize()
            if not self._has_ended:
                raise ValueError("the form is incomplete")
        except (ValueError, OSError) as error:
            raise self._broken(error) from None
        finally:
            self._drop_unfinished()
        return self.files

    def _broken(self, error: Exception) -> Refusal:
        if isinstance(error, OSError):
            return Refusal(507, "web.disk", f"The upload cannot be written: {error.strerror or 'the disk failed'}.")
        return Refusal(400, "web.broken-upload", "The upload was interrupted or is damaged. Send the files again.")

    def _callbacks(self) -> dict[str, object]:
        return {
            "on_part_begin": self._begin,
            "on_header_begin": self._header_begin,
            "on_header_field": self._header_name,
            "on_header_value": self._header_value,
            "on_header_end": self._header_end,
            "on_headers_finished": self._open,
            "on_part_data": self._write,
            "on_part_end": self._close,
            "on_end": self._end,
        }

    def _begin(self) -> None:
        self._part = _Part()

    def _header_begin(self) -> None:
        self._part.name = self._part.value = ""

    def _header_name(self, data: bytes, start: int, end: int) -> None:
        self._part.name += data[start:end].decode("utf-8", "replace")

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._part.value += data[start:end].decode("utf-8", "replace")

    def _header_end(self) -> None:
        self._part.headers[self._part.name.lower()] = self._part.value

    def _open(self) -> None:
        _, options = parse_options_header(self._part.headers.get("content-disposition", ""))
        if b"filename" not in options:
            return  # a field that is no file; it is not kept
        if self.session.uploaded_files >= self.limits.upload_files:
            raise Refusal(413, "web.too-many", f"More than {self.limits.upload_files} files were sent.")
        self.session.uploaded_files += 1
        name = options[b"filename"].decode("utf-8", "replace").replace("%22", '"')
        path = _free_place(self.upload.folder, safe_name(name))
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._part.path = path
        self._part.file = path.open("xb")

    def _write(self, data: bytes, start: int, end: int) -> None:
        if self._part.file is None:
            return
        self.session.uploaded_bytes += end - start
        if self.session.uploaded_bytes > self.limits.upload_bytes:
            size = self.limits.upload_bytes // MIB
            raise Refusal(413, "web.too-large", f"More than {size} MiB were sent. Open only the files of the plan.")
        self._part.file.write(data[start:end])

    def _close(self) -> None:
        part, self._part = self._part, _Part()
        if part.file is None or part.path is None:
            return
        part.file.close()
        self.files += 1
        self.upload.names[part.path.relative_to(self.upload.folder).as_posix()] = part.path

    def _end(self) -> None:
        self._has_ended = True

    def _drop_unfinished(self) -> None:
        part, self._part = self._part, _Part()
        if part.file is not None and part.path is not None:
            part.file.close()
            part.path.unlink(missing_ok=True)


def _free_place(folder: Path, name: Path) -> Path:
    """Where the file goes: its name, numbered where another one has it or where a folder is called so."""
    place, number = folder / name, 1
    while place.exists() or any(parent.is_file() for parent in place.parents if parent.is_relative_to(folder)):
        number += 1
        place = folder / str(number) / name
    return place


def check_room(folder: Path, limits: Limits) -> None:
    """Refuses an upload where the disk is nearly full: other programs live there too."""
    if shutil.disk_usage(folder).free < limits.free_bytes_kept:
        raise Refusal(507, "web.disk", "The disk of the server is almost full.")
