"""A file that is written in portions and can be continued after a crash at the last one that reached the disk."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Self

from schemas.errors import Misconfigured


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a request's file is: ``following`` is the next index, ``size`` the bytes that are on the disk."""

    request: Mapping[str, Any]
    following: int
    size: int


class ResumableFile:
    """``path``, written as ``path.part`` beside a note of its progress, and renamed when it is complete.

    :raises Misconfigured: ``path`` is there already, or is being made by another request.
    """

    def __init__(self, path: Path, request: Mapping[str, Any], *, first: int) -> None:
        self._path = path
        self._part = path.with_name(path.name + ".part")
        self._note = path.with_name(path.name + ".part.json")
        saved = self._read_note()
        if saved is None and path.exists():
            raise Misconfigured(f"{path} exists already; choose another name, or remove it")
        if saved is not None and any(saved.request.get(name) != value for name, value in request.items()):
            raise Misconfigured(
                f"{self._part} belongs to another request ({json.dumps(dict(saved.request))}); "
                "repeat that one, choose another name, or remove the file"
            )
        self.progress = saved or Progress(request, first, 0)
        self._file: IO[bytes] | None = None

    def restart(self, first: int) -> None:
        """Start over at index ``first``, under the same request."""
        self.progress = Progress(self.progress.request, first, 0)

    def __enter__(self) -> Self:
        try:
            self._file = self._part.open("r+b" if self._part.exists() else "w+b")
            self._file.truncate(self.progress.size)
            self._file.seek(self.progress.size)
        except OSError as error:
            raise Misconfigured(f"can't write {self._part} ({error.strerror})") from None
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    @property
    def position(self) -> int:
        """Bytes written so far."""
        return self._opened.tell()

    def write(self, data: bytes) -> None:
        """Append."""
        self._opened.write(data)

    def save(self, request: Mapping[str, Any], following: int) -> None:
        """Sync what was written to the disk, and after it the note that says so."""
        self._opened.flush()
        os.fsync(self._opened.fileno())
        self.progress = Progress(request, following, self.position)
        fresh = self._note.with_suffix(".fresh")
        with fresh.open("w", encoding="utf-8") as note:
            json.dump({"asked": dict(request), "following": following, "size": self.position}, note)
            note.flush()
            os.fsync(note.fileno())
        fresh.replace(self._note)

    def finish(self) -> None:
        """Give the file its name."""
        self._opened.close()
        self._part.replace(self._path)
        self._note.unlink(missing_ok=True)

    @property
    def _opened(self) -> IO[bytes]:
        if self._file is None:
            raise ValueError("the file is not open")
        return self._file

    def _read_note(self) -> Progress | None:
        if not self._note.exists() or not self._part.exists():
            return None
        try:
            fields = json.loads(self._note.read_text(encoding="utf-8"))
            return Progress(fields["asked"], int(fields["following"]), int(fields["size"]))
        except (ValueError, KeyError, TypeError):
            raise Misconfigured(f"{self._note} can't be read; remove it and {self._part} to start over") from None
