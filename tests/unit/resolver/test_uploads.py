"""Files that people send: they wait on the disk, and what is checked in memory is small."""

import asyncio

import pytest
from starlette.requests import Request

from resolver.access.concurrency import Concurrency
from resolver.link.bulk_load import LONGEST_LINE, Unreadable, portions
from resolver.web import uploads
from resolver.web.problems import Refused


def request_of(*parts):
    waiting = list(parts)

    async def receive():
        return {"type": "http.request", "body": waiting.pop(0), "more_body": bool(waiting)}

    return Request({"type": "http", "method": "POST", "path": "/", "headers": []}, receive)


def read(most, *parts):
    async def play():
        async with uploads.spooled(request_of(*parts), most) as file:
            return file.read(), getattr(file, "_rolled", None)

    return asyncio.run(play())


def test_a_body_larger_than_a_portion_goes_to_the_disk():
    assert read(100, b"ab", b"c") == (b"abc", False)
    large = b"x" * (uploads.SPOOL_BYTES + 1)
    assert read(1 << 20, large) == (large, True)


def test_a_body_beyond_its_limit_is_refused_and_not_read_for_ever():
    with pytest.raises(Refused, match="413"):
        read(10, b"x" * 11)
    endless = [b"x" * (1 << 20)] * 20
    with pytest.raises(Refused, match="413"):
        read(10, *endless)
    with pytest.raises(Refused, match="422"):
        read(10, b"")


@pytest.mark.parametrize(
    "content",
    [b"[" * 100_000 + b"]" * 100_000, b"[[]," * 60_000 + b"[]]", b'{"a":', b"\xff"],
    ids=["deep", "wide", "cut", "bytes"],
)
def test_json_that_is_none_is_refused_whatever_its_shape(content):
    with pytest.raises(Refused, match="not_what_it_says"):
        uploads.require_kind(content, uploads.JSON)


def test_json_is_small_and_other_files_may_be_large():
    assert uploads.most_bytes(uploads.JSON) == 256 * 1024
    assert uploads.most_bytes(uploads.PDF) == uploads.MOST_BYTES


@pytest.mark.parametrize("kind", ["ndjson", "csv"])
def test_a_load_that_is_one_endless_line_is_refused_without_being_read_whole(kind):
    class Endless:
        given = 0

        def readline(self, most):
            self.given += most
            return b"x" * most

    file = Endless()
    with pytest.raises(Unreadable, match="more than"):
        list(portions(file, kind, lambda links: [], ""))
    assert file.given <= 2 * (LONGEST_LINE + 1)


def test_somebody_who_has_as_many_under_way_as_allowed_is_refused_and_nobody_else():
    loads = Concurrency("loads", 1, 2)
    with loads.one("a"):
        with pytest.raises(Refused, match="429"), loads.one("a"):
            pass
        with loads.one("b"), pytest.raises(Refused, match="503"), loads.one("c"):
            pass
    with loads.one("a"):
        pass
    assert not loads._under_way
