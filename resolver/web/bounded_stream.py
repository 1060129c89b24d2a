"""Answers that are streamed for as long as somebody reads them, and not longer."""

import asyncio
import time
from collections.abc import Generator, Mapping

from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse
from starlette.types import Message, Send
from typing_extensions import override

STALLED_S = 30.0
"""A reader that takes nothing for so long is cut off: what is being read for it is kept open meanwhile."""

LONGEST_S = 3600.0


class BoundedStream(StreamingResponse):
    """Streams ``parts``, and closes them when the reader stalls, goes away, or takes too long in all."""

    def __init__(self, parts: Generator[bytes], *, media_type: str, headers: Mapping[str, str]) -> None:
        super().__init__(parts, media_type=media_type, headers=headers)
        self._parts = parts

    @override
    async def stream_response(self, send: Send) -> None:
        async def sent(message: Message) -> None:
            async with asyncio.timeout(STALLED_S):
                await send(message)

        try:
            async with asyncio.timeout(LONGEST_S):
                await super().stream_response(sent)
        finally:
            # In a thread as its parts are made: closing gives a connection back to the store.
            await asyncio.shield(run_in_threadpool(_close, self._parts))


def _close(parts: Generator[bytes]) -> None:
    while True:
        try:
            parts.close()
        except ValueError:  # a thread is making the next part; what it asks of the store has a limit
            time.sleep(0.1)
        else:
            return
