"""A reader's journal: a scan is on disk before it is sent, and stays there until a receipt says that it is stored.

SQLite with a write-ahead log and full synchronisation: what was written when a method returns survives kill -9 and a
power cut.
One process uses a journal at a time; its threads may share it.
"""

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import RLock
from typing import Any

from schemas.errors import Misconfigured, Retryable
from schemas.event import Action, Audience, Event, LocationSource, event_fields, message_digest
from schemas.geodesy import Position
from schemas.receipt import Receipt

_SCHEMA = """
CREATE TABLE IF NOT EXISTS scan (
    scan_id INTEGER PRIMARY KEY AUTOINCREMENT,
    event   TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS outgoing (
    sequence INTEGER PRIMARY KEY,
    digest   TEXT NOT NULL UNIQUE,
    message  BLOB NOT NULL,
    events   INTEGER NOT NULL,
    sent_at  INTEGER,
    attempts INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS refused (
    digest  TEXT PRIMARY KEY,
    message BLOB NOT NULL,
    receipt TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS counter (
    name  TEXT PRIMARY KEY,
    value INTEGER NOT NULL
);
"""

Sign = Callable[[int, tuple[Event, ...]], bytes]
"""Sequence number and events to the signed message."""


class JournalUnavailable(Retryable):
    """Raised when the journal can't be written (a full disk): this step was not saved, earlier ones are safe."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A signed batch that has no receipt yet. ``sent_at`` is None before the first attempt (microseconds, UTC)."""

    sequence: int
    digest: str
    message: bytes
    events: int
    sent_at: int | None
    attempts: int


class Journal:
    """The journal in one file. ``first_sequence`` counts only for a new file.

    A reader that lost its journal must not begin at 1 again: give the time in microseconds instead.

    :raises Misconfigured: the file can't be opened, is no journal, or is in use.
    """

    def __init__(self, path: Path, *, first_sequence: int = 1) -> None:
        self.path = path
        self._lock = RLock()
        try:
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5)
            # Exclusive before WAL: a second process is refused, and no shared-memory file is needed.
            self._db.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            with self._transaction():
                for statement in _SCHEMA.split(";\n"):
                    self._db.execute(statement)
                self._db.execute("INSERT OR IGNORE INTO counter VALUES ('next_sequence', ?)", (first_sequence,))
        except sqlite3.Error as error:
            raise Misconfigured(
                f"journal {path}: {error}; is the folder writable, and no other reader in it?"
            ) from None

    def close(self) -> None:
        """Close the file; nothing is lost without it."""
        with self._lock:
            self._db.close()

    def add(self, events: Iterable[Event]) -> None:
        """Journal scans, all of them or (on error) none; they are durable when this returns.

        :raises JournalUnavailable: they were not journaled.
        """
        rows = [(json.dumps(event_fields(event), separators=(",", ":")),) for event in events]
        with self._transaction():
            self._db.executemany("INSERT INTO scan (event) VALUES (?)", rows)
            self._count("scanned", len(rows))

    def waiting(self) -> tuple[int, int]:
        """How many scans are in no batch yet, and about how many bytes they take."""
        with self._lock:
            row = self._db.execute("SELECT count(*), coalesce(sum(length(event)), 0) FROM scan").fetchone()
        return row[0], row[1]

    def cut(self, sign: Sign, *, max_events: int, max_bytes: int) -> Outgoing | None:
        """Turn the oldest scans into one signed batch, in one transaction; None if there are none.

        The sequence number is used up only if the batch is saved; a saved batch never changes.
        """
        with self._transaction():
            taken: list[tuple[int, str]] = []
            size = 0
            for scan_id, event in self._db.execute(
                "SELECT scan_id, event FROM scan ORDER BY scan_id LIMIT ?", (max_events,)
            ):
                size += len(event)
                if taken and size > max_bytes:
                    break
                taken.append((scan_id, event))
            if not taken:
                return None
            sequence = self._counter("next_sequence")
            message = sign(sequence, tuple(_event(json.loads(event)) for _, event in taken))
            outgoing = Outgoing(sequence, message_digest(message), message, len(taken), None, 0)
            self._db.execute(
                "INSERT INTO outgoing (sequence, digest, message, events) VALUES (?, ?, ?, ?)",
                (sequence, outgoing.digest, message, len(taken)),
            )
            self._db.execute("DELETE FROM scan WHERE scan_id <= ?", (taken[-1][0],))
            self._count("next_sequence", 1)
            self._count("sent", len(taken))
            return outgoing

    def outgoing(self, limit: int = -1) -> list[Outgoing]:
        """The oldest batches without a receipt (all of them when ``limit`` is negative)."""
        with self._lock:
            rows = self._db.execute(
                "SELECT sequence, digest, message, events, sent_at, attempts FROM outgoing ORDER BY sequence LIMIT ?",
                (limit,),
            ).fetchall()
        return [Outgoing(*row) for row in rows]

    def in_flight(self) -> int:
        """How many batches have no receipt."""
        with self._lock:
            return int(self._db.execute("SELECT count(*) FROM outgoing").fetchone()[0])

    def mark_sent(self, sequences: Iterable[int], at: int) -> None:
        """Note an attempt to send batches at ``at`` (microseconds, UTC)."""
        with self._transaction():
            self._db.executemany(
                "UPDATE outgoing SET sent_at = ?, attempts = attempts + 1 WHERE sequence = ?",
                [(at, sequence) for sequence in sequences],
            )

    def settle(self, receipt: Receipt) -> int | None:
        """Delete the batch that a receipt answers; if some of it was rejected, it is saved as refused.

        Gives the batch's sequence number; None when no batch waits for this receipt (a second one for a resend).
        """
        with self._transaction():
            row = self._db.execute(
                "SELECT sequence, message FROM outgoing WHERE digest = ?", (receipt.digest,)
            ).fetchone()
            if row is None:
                self._count("late", 1)
                return None
            if receipt.rejected:
                self._db.execute(
                    "INSERT OR REPLACE INTO refused VALUES (?, ?, ?)",
                    (receipt.digest, row[1], receipt.to_json().decode()),
                )
            self._db.execute("DELETE FROM outgoing WHERE digest = ?", (receipt.digest,))
            for name in ("stored", "duplicate", "rejected"):
                self._count(name, getattr(receipt, name))
            self._count("receipts", 1)
            return int(row[0])

    def refused(self) -> list[tuple[bytes, bytes]]:
        """Messages of which something was rejected, each with its receipt (JSON)."""
        with self._lock:
            rows = self._db.execute("SELECT message, receipt FROM refused ORDER BY rowid").fetchall()
        return [(message, receipt.encode()) for message, receipt in rows]

    def counters(self) -> dict[str, int]:
        """Totals over the journal's life, in events; receipts and late ones in batches."""
        names = ("scanned", "sent", "receipts", "stored", "duplicate", "rejected", "late")
        with self._lock:
            counters = dict(self._db.execute("SELECT name, value FROM counter").fetchall())
        return {name: counters.get(name, 0) for name in names}

    def _counter(self, name: str) -> int:
        return int(self._db.execute("SELECT value FROM counter WHERE name = ?", (name,)).fetchone()[0])

    def _count(self, name: str, more: int) -> None:
        self._db.execute(
            "INSERT INTO counter VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = value + excluded.value",
            (name, more),
        )

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._lock:
            try:
                self._db.execute("BEGIN IMMEDIATE")
                yield
                self._db.execute("COMMIT")
            except BaseException as error:
                # SQLite ends the transaction by itself when the disk is full.
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                if isinstance(error, sqlite3.Error):
                    raise JournalUnavailable(f"journal {self.path}: {error}; nothing of this step was kept") from None
                raise


def _event(fields: dict[str, Any]) -> Event:
    """The event as it was scanned, unchecked: a reader with a wrong clock has to report all the same."""
    position = None
    if "latitude" in fields:
        position = Position(fields["latitude"], fields["longitude"], fields["radius_m"])
    return Event(
        item=fields["item"],
        occurred_at=fields["occurred_at"],
        biz_step=fields["biz_step"],
        action=Action(fields.get("action", Action.OBSERVE)),
        disposition=fields.get("disposition"),
        offset_minutes=fields.get("offset_minutes", 0),
        read_point=fields.get("read_point"),
        position=position,
        source=LocationSource(fields["source"]) if "source" in fields else None,
        audience=Audience(fields.get("audience", Audience.EDGE)),
        handset=fields.get("handset"),
        children=tuple(fields.get("children", ())),
        destination=fields.get("destination"),
    )
