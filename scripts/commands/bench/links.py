"""Links a second: a load of NDJSON, parsed, checked and stored in one transaction, then the same load once more.

The floor is PostgreSQL's own COPY of the same rows into a table with the same indexes, in the same run.
"""

import argparse
import json
import os
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from io import BytesIO

import psycopg
from rich.console import Console

from resolver.link import store as link_store
from resolver.link.bulk_load import portions
from resolver.link.ownership import claims
from resolver.services import Services, build_services
from resolver.settings import Settings
from resolver.store import Scope
from scripts.commands.bench.filled_store import register, sealer_of
from scripts.system.fixtures import BATCH, GTIN, MAKER
from scripts.system.stack import Stack, temporary_stack


def main(arguments: Sequence[str]) -> int:
    """Measure; the last line is JSON with ``--json``."""
    parser = argparse.ArgumentParser(prog="scripts/bench links", description=__doc__)
    parser.add_argument("--links", type=int, default=200_000, help="links in the load, each of a unit of its own")
    parser.add_argument("--json", action="store_true", help="print JSON as the last line")
    options = parser.parse_args(arguments)
    console = Console(stderr=options.json)
    with temporary_stack() as stack:
        stack.start_store()
        register(stack, options.links)
        body = _load(stack, options.links)
        services = build_services(Settings.from_env(stack.resolver_environment()))
        services.store.open()
        services.keyring.refresh()
        first, second = _seconds(services, body), _seconds(services, body)
        services.store.close()
        floor = _copy_seconds(stack)
    figures = {
        "cores": os.cpu_count() or 1,
        "links": options.links,
        "links_per_s": round(options.links / first),
        "again_per_s": round(options.links / second),
        "copy_per_s": round(options.links / floor),
        "ratio": round(floor / first, 3),
    }
    console.print(", ".join(f"{name} {value}" for name, value in figures.items()))
    if options.json:
        print(json.dumps(figures))
    return 0


def _load(stack: Stack, count: int) -> bytes:
    serials = sealer_of(stack).seal_range(GTIN, BATCH, 0, count)
    link = {"link_type": "gs1:dpp", "title": "Passport", "type": "text/html", "hreflang": ["en"]}
    lines = (
        json.dumps({"anchor": f"01/{GTIN}/21/{serial}", "href": f"https://www.example.com/{serial}", **link})
        for serial in serials
    )
    return "\n".join(lines).encode()


def _seconds(services: Services, body: bytes) -> float:
    keyring = services.keyring.current()
    started = time.perf_counter()
    with services.store.transaction(Scope(MAKER)) as cursor:
        rows = portions(BytesIO(body), "ndjson", lambda links: claims(links, MAKER, keyring), "")
        link_store.put(cursor, MAKER, rows, datetime.now(UTC))
    return time.perf_counter() - started


def _copy_seconds(stack: Stack) -> float:
    with psycopg.connect(stack.postgres.owner_dsn, autocommit=True) as owner:
        with owner.cursor() as cursor, cursor.copy("COPY suyuan.link TO STDOUT (FORMAT BINARY)") as copy:
            data = b"".join(bytes(block) for block in copy)
        owner.execute("CREATE TABLE suyuan.link_floor (LIKE suyuan.link INCLUDING ALL)")
        started = time.perf_counter()
        with owner.cursor() as cursor, cursor.copy("COPY suyuan.link_floor FROM STDIN (FORMAT BINARY)") as copy:
            copy.write(data)
        return time.perf_counter() - started
