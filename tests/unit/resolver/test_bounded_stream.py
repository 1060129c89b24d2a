"""Answers that nobody reads: what is kept open for them is closed."""

import asyncio
from collections.abc import Generator

import pytest

from resolver.web import bounded_stream
from resolver.web.bounded_stream import BoundedStream


class Source:
    """Parts without end, and whether whoever took them has let go."""

    closed = False

    def parts(self) -> Generator[bytes]:
        try:
            while True:
                yield b"row\n"
        finally:
            self.closed = True


def streamed(source: Source, send) -> None:
    asyncio.run(BoundedStream(source.parts(), media_type="text/plain", headers={}).stream_response(send))


def test_a_reader_that_takes_nothing_is_cut_off(monkeypatch) -> None:
    monkeypatch.setattr(bounded_stream, "STALLED_S", 0.01)

    async def stalls(_message) -> None:
        await asyncio.Event().wait()

    source = Source()
    next(parts := source.parts())
    response = BoundedStream(parts, media_type="text/plain", headers={})
    with pytest.raises(TimeoutError):
        asyncio.run(response.stream_response(stalls))
    assert source.closed


def test_a_reader_that_goes_away_lets_go_of_what_was_read_for_it() -> None:
    seen = []

    async def leaves(message) -> None:
        seen.append(message)
        if len(seen) == 5:
            raise OSError("gone")

    source = Source()
    with pytest.raises(OSError, match="gone"):
        streamed(source, leaves)
    assert source.closed


def test_a_slow_reader_has_an_end_too(monkeypatch) -> None:
    monkeypatch.setattr(bounded_stream, "LONGEST_S", 0.05)

    async def slow(_message) -> None:
        await asyncio.sleep(0.01)

    source = Source()
    with pytest.raises(TimeoutError):
        streamed(source, slow)
    assert source.closed
