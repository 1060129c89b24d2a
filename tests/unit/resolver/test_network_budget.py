"""What one network may use of everybody's doors: a flood waits for itself, and never for another."""

import asyncio

from resolver.access.network_budget import RUNNING, WAITING, NetworkBudget
from resolver.access.request_cost import FILES, FREE, PROOFS, USUAL, WRITES, cost_of
from resolver.access.token_bucket import TokenBuckets
from resolver.access.wrong_tokens import WrongTokens

FLOODER, OTHER = "203.0.113.7", "198.51.100.9"


def scope(address, path="/api/v1/cases", **headers):
    return {
        "type": "http",
        "method": "GET",
        "path": path,
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "client": (address, 40_000),
    }


async def asked(app, *scope_parts, **headers):
    statuses = []

    async def send(message):
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    await app(scope(*scope_parts, **headers), None, send)
    return statuses[0]


def answering(status):
    async def app(_scope, _receive, send):
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    return app


def budget(app, *, per_s=1.0, burst=10.0, clock=lambda: 0.0):
    return NetworkBudget(app, limit=TokenBuckets(per_s, burst), clock=clock, shared=False)


async def statuses(app, count, *parts, **headers):
    return [await asked(app, *parts, **headers) for _ in range(count)]


def test_a_flood_is_refused_and_every_other_network_is_served():
    async def play():
        app = budget(answering(200))
        assert await statuses(app, 12, FLOODER) == [200] * 10 + [429] * 2
        assert await statuses(app, 10, OTHER) == [200] * 10
        assert await statuses(app, 3, FLOODER, "/01/09521234000013/21/X") == [200] * 3, "codes have limits of their own"

    asyncio.run(play())


def test_what_makes_us_work_costs_more():
    costs = {
        FREE: [("GET", "/01/09521234000013/21/X"), ("GET", "/health"), ("GET", "/static/page.css"), ("POST", "/scans")],
        USUAL: [("GET", "/api/v1/cases"), ("GET", "/"), ("GET", "/identify"), ("GET", "/api/handles/x")],
        WRITES: [("POST", "/api/v1/products")],
        PROOFS: [("GET", "/sun/huadu"), ("POST", "/openings"), ("GET", "/OPEN/01/09521234000013/21/X"),
                 ("POST", "/api/v1/enrolments/redemption"), ("POST", "/api/v1/readers/huadu/line-1/keys")],
        FILES: [("GET", "/api/v1/cases/x/bundle"), ("POST", "/api/v1/links/load"), ("GET", "/api/v1/cases/x/files/aa")],
    }  # fmt: skip
    for cost, doors in costs.items():
        assert {door: cost_of(*door, "") for door in doors} == dict.fromkeys(doors, cost)
    assert cost_of("GET", "/api/v1/history", "format=ndjson") == FILES


def test_who_tries_tokens_is_soon_refused_and_owes_at_most_another_burst():
    async def play():
        now = [0.0]
        app = budget(answering(401), per_s=1, burst=50, clock=lambda: now[0])
        wrong = {"authorization": "Bearer suyuan_wrong"}
        assert 401 in await statuses(app, 3, FLOODER, **wrong)
        assert await asked(app, FLOODER, **wrong) == 429
        assert await asked(app, FLOODER, "/01/09521234000013/21/X", **wrong) == 429, "at whatever address"
        assert await asked(app, FLOODER, "/01/09521234000013/21/X") == 401, "without a token nothing was tried"
        now[0] = 102.0
        assert await asked(app, FLOODER, **wrong) == 401

    asyncio.run(play())


def test_slow_requests_of_one_network_leave_room_for_others():
    async def play():
        running, gate = [], asyncio.Event()

        async def slow(scope, _receive, send):
            running.append(scope["client"][0])
            await gate.wait()
            await answering(200)(scope, _receive, send)

        app = budget(slow, per_s=1000, burst=1000)
        flood = [asyncio.create_task(asked(app, FLOODER)) for _ in range(RUNNING + WAITING)]
        await asyncio.sleep(0)
        assert await asked(app, FLOODER) == 429
        other = asyncio.create_task(asked(app, OTHER))
        await asyncio.sleep(0)
        assert running == [FLOODER] * RUNNING + [OTHER]
        gate.set()
        assert set(await asyncio.gather(*flood, other)) == {200}
        assert await asked(app, FLOODER) == 200
        assert not app._shares, "nothing is kept of networks that ask nothing"

    asyncio.run(play())


def test_an_answer_that_streams_holds_no_slot():
    async def play():
        gate = asyncio.Event()

        async def streaming(_scope, _receive, send):
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await gate.wait()

        app = budget(streaming, per_s=1000, burst=1000)
        streams = [asyncio.create_task(asked(app, FLOODER)) for _ in range(3 * RUNNING)]
        started = asyncio.create_task(asked(app, FLOODER))
        await asyncio.sleep(0)
        gate.set()
        assert set(await asyncio.gather(*streams, started)) == {200}

    asyncio.run(play())


def test_wrong_tokens_are_remembered_for_a_while_in_a_bounded_number():
    now = [0.0]
    wrong = WrongTokens(tokens=100, clock=lambda: now[0])
    for number in range(1000):
        wrong.add(f"suyuan_{number}" * 1000)
    assert len(wrong) == 100
    assert "suyuan_999" * 1000 in wrong
    now[0] = 61.0
    assert "suyuan_999" * 1000 not in wrong
    assert not any(b"suyuan" in key for key in wrong._seen), "hashes only"
