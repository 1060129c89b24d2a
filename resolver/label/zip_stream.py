"""ZIP files written to a stream that nobody can seek in, with no more in memory than one entry. Pure.

The directory at a ZIP's end needs some memory for each entry. Long exports therefore contain ZIPs of a fixed number of
labels each, so that memory does not grow with their length.
"""

import io
import zipfile
from collections.abc import Iterable, Iterator

_DAY = (1980, 1, 1, 0, 0, 0)
"""The first moment that a ZIP can name: with the real one, the same export would never give the same bytes."""


class _Buffer(io.RawIOBase):
    """A file that buffers what is written until :meth:`take`."""

    def __init__(self) -> None:
        super().__init__()
        self._chunks: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]  # zipfile hands over bytes only
        self._chunks.append(bytes(data))
        return len(data)

    def take(self) -> bytes:
        data = b"".join(self._chunks)
        self._chunks.clear()
        return data


def zipped(entries: Iterable[tuple[str, bytes]], *, compress: bool = True) -> Iterator[bytes]:
    """A ZIP of ``entries`` (name, content), in pieces as it grows."""
    return zipped_portions(((name, (content,)) for name, content in entries), compress=compress)


def zipped_portions(entries: Iterable[tuple[str, Iterable[bytes]]], *, compress: bool = True) -> Iterator[bytes]:
    """A ZIP of ``entries`` whose content comes in portions; no more than one of them is in memory."""
    buffer = _Buffer()
    method = zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in entries:
            entry = zipfile.ZipInfo(name, _DAY)
            entry.compress_type = method
            entry.external_attr = 0o644 << 16
            with archive.open(entry, "w") as member:
                for portion in content:
                    member.write(portion)
                    yield buffer.take()
            yield buffer.take()
    yield buffer.take()
