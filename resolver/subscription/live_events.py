"""What a live stream says: notices as they come, and a sign of life. Its token is checked by the clock."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

from resolver.web.problems import Refused
from schemas.errors import DomainError, StoreUnavailable


@dataclass(frozen=True, slots=True)
class Page:
    """Server-sent events up to the notice ``after``; ``more``: others are there already."""

    after: int
    events: list[bytes]
    more: bool


Read = Callable[[int], Awaitable[Page]]


async def live_events(
    read: Read,
    require_token: Callable[[], Awaitable[object]],
    added: asyncio.Event,
    after: int,
    *,
    heartbeat_s: float,
    clock: Callable[[], float],
) -> AsyncIterator[bytes]:
    """The stream behind the notice ``after``: until the token is no longer good, or the store is away.

    ``added`` is set when there may be more to ``read``: nothing is asked before, or before ``heartbeat_s``
    have passed.
    """
    yield b"retry: 2000\n\n"
    checked_at = clock()
    while True:
        added.clear()
        try:
            if clock() - checked_at >= heartbeat_s:
                await require_token()
                checked_at = clock()
                yield b": still here\n\n"
            page = await read(after)
        except (StoreUnavailable, DomainError, Refused):
            return  # the other side connects again, with the id that it has
        after = page.after
        if page.events:
            yield b"".join(page.events)
        if not page.more:
            try:
                await asyncio.wait_for(added.wait(), max(0.0, checked_at + heartbeat_s - clock()))
            except TimeoutError:
                continue
