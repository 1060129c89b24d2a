"""A resolver on PostgreSQL, in which a batch of 10^9 units is registered and from which an issue is exported."""

import os
import subprocess
import sys
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any, Self

import httpx
import psycopg

from resolver.access.token_scope import SCOPES
from scripts.environment import ROOT
from scripts.system.stack import Stack

MAKER, GTIN = "bench-maker", "09521234000013"
SAMPLES = 50
REGISTRATIONS = 5


class IssuingServer:
    """A stack's store and resolver, a maker with one product, and an HTTP client with the maker's token."""

    def __init__(self, folder: Path) -> None:
        self._stack = Stack(folder / "state", die_with_parent=True)
        self._maker = httpx.Client(timeout=600)

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self._stack.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._maker.close()
        self._stack.stop()

    def _start(self) -> None:
        stack = self._stack
        stack.start_store()
        stack.start_resolver()
        environment = {name: value for name, value in os.environ.items() if not name.startswith("SUYUAN_")}
        made = subprocess.run(
            [
                sys.executable,
                "-m",
                "resolver",
                "token",
                "create",
                "--org=op",
                "--role=operator",
                "--label=bench",
                f"--scopes={','.join(SCOPES)}",
            ],
            env=environment | stack.resolver_environment() | {"PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=True,
        )
        with httpx.Client(base_url=stack.base_url, headers=_bearer(made.stdout.strip()), timeout=60) as operator:
            maker = {"org_id": MAKER, "name": "Bench", "name_zh": "测", "kind": "maker", "prefixes": ["9521234"]}
            operator.post("/api/v1/organisations", json=maker).raise_for_status()
            token = operator.post(
                "/api/v1/tokens", json={"org_id": MAKER, "label": "bench", "scopes": [*SCOPES]}
            ).raise_for_status()
        self._maker = httpx.Client(
            base_url=f"{stack.base_url}/api/v1", headers=_bearer(token.json()["token"]), timeout=600
        )
        self._maker.post("/products", json={"gtin": GTIN, "name": "Tea", "name_zh": "茶"}).raise_for_status()

    def register(self) -> dict[str, Any]:
        """Seconds to register a batch of 10^9 over HTTP and to commit one row; rows that one batch adds."""
        seconds, commits = [], []
        before = self._rows()
        with psycopg.connect(self._stack.postgres.owner_dsn, autocommit=True) as owner:
            owner.execute("CREATE TABLE public.floor (number integer)")
            for number in range(REGISTRATIONS):
                start = perf_counter()
                body = {"gtin": GTIN, "lot": f"G{number}", "quantity": 1_000_000_000, "produced_on": "2026-01-01"}
                self._maker.post("/batches", json=body).raise_for_status()
                seconds.append(perf_counter() - start)
                start = perf_counter()
                owner.execute("INSERT INTO public.floor VALUES (%s)", [number])
                commits.append(perf_counter() - start)
        rows = (self._rows() - before) / REGISTRATIONS
        return {"register_1e9_s": median(seconds), "floor_commit_s": median(commits), "rows": rows}

    def export(self, count: int) -> dict[str, Any]:
        """Rates of an export of ``count`` codes, and the resolver's memory: after a tenth, the maximum, at the end."""
        self._maker.post("/batches/G0/issues", json={"issue_id": "bench", "count": count}).raise_for_status()
        idle, lines, size = self._memory_mb(), 0, 0
        memory: list[float] = []
        start = perf_counter()
        with self._maker.stream("GET", "/batches/G0/codes", params={"issue": "bench", "format": "csv"}) as answer:
            answer.raise_for_status()
            for chunk in answer.iter_raw():
                lines += chunk.count(b"\n")
                size += len(chunk)
                if lines * SAMPLES // count >= len(memory):
                    memory.append(self._memory_mb())
        seconds = perf_counter() - start
        if lines != count + 1:
            raise AssertionError(f"{lines - 1} codes were exported instead of {count}")
        return {
            "export_codes": count,
            "export_codes_per_s": count / seconds,
            "export_bytes_per_s": size / seconds,
            "export_idle_mb": idle,
            "export_tenth_mb": memory[len(memory) // 10],
            "export_most_mb": max(memory),
            "export_end_mb": memory[-1],
        }

    def _memory_mb(self) -> float:
        """Resident memory of the resolver's process, in units of 10^6 bytes."""
        status = Path(f"/proc/{self._stack.resolver.pid}/status").read_text(encoding="ascii")
        (line,) = (line for line in status.splitlines() if line.startswith("VmRSS:"))
        return int(line.split()[1]) * 1024 / 1e6

    def _rows(self) -> int:
        """Rows in all tables of the schema."""
        with psycopg.connect(self._stack.postgres.owner_dsn) as owner:
            tables = owner.execute(
                "SELECT c.oid::regclass::text FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace"
                " WHERE n.nspname = 'suyuan' AND c.relkind IN ('r', 'p') AND NOT c.relispartition"
            ).fetchall()
            counts = [owner.execute(f"SELECT count(*) FROM {table}").fetchone() for (table,) in tables]  # noqa: S608 -- names from the catalogue
        return sum(int(row[0]) for row in counts if row is not None)


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
