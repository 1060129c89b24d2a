"""A live stream: its token is asked for by the clock, and the store only when there is something to read."""

import asyncio

from resolver.subscription.live_events import Page, live_events
from resolver.web.problems import refused


class Played:
    """A store with endless notices, a token that is revoked, a clock of one second a read."""

    def __init__(self, *, valid_for, endless):
        self.now, self.checks, self.reads = 0.0, 0, 0
        self.valid_for, self.endless = valid_for, endless
        self.added = asyncio.Event()

    def clock(self):
        return self.now

    async def read(self, after):
        self.reads += 1
        self.now += 1
        events = [b"id: %d\n\n" % after] if self.endless or self.added.is_set() else []
        return Page(after + len(events), events, self.endless)

    async def require_token(self):
        self.checks += 1
        if self.checks > self.valid_for:
            raise refused(401, "invalid_token", "revoked")

    def stream(self, heartbeat_s):
        return live_events(self.read, self.require_token, self.added, 0, heartbeat_s=heartbeat_s, clock=self.clock)


def test_a_stream_that_is_never_silent_ends_when_its_token_does():
    async def play():
        played = Played(valid_for=2, endless=True)
        said = [event async for event in played.stream(15)]
        assert sum(event.startswith(b"id:") for event in said) == played.reads == 45, "asked again every 15 s"

    asyncio.run(play())


def test_a_silent_stream_asks_the_store_nothing_until_it_hears_that_notices_came():
    async def play():
        played = Played(valid_for=1, endless=False)
        stream = played.stream(3600)
        assert await anext(stream) == b"retry: 2000\n\n"
        waiting = asyncio.ensure_future(anext(stream))
        for _ in range(20):
            await asyncio.sleep(0)
        assert played.reads == 1
        played.endless = True
        played.added.set()
        assert await waiting == b"id: 0\n\n"
        assert played.reads == 2
        await stream.aclose()

    asyncio.run(play())
