"""Exports as CSV and as lines of JSON."""

from datetime import UTC, datetime
from uuid import UUID

from resolver.web.responses import csv_lines, ndjson


def test_a_csv_is_no_spreadsheet_program():
    rows = [{"a": "=1+1", "b": datetime(2026, 1, 1, tzinfo=UTC)}, {"a": 'say "hi", you', "b": ["x"]}]
    text = b"".join(csv_lines(("a", "b"), rows)).decode()
    assert text == 'a,b\r\n\'=1+1,2026-01-01T00:00:00Z\r\n"say ""hi"", you","[""x""]"\r\n'


def test_an_empty_export_still_has_its_header():
    assert b"".join(csv_lines(("a", "b"), [])) == b"a,b\r\n"
    assert b"".join(ndjson([])) == b""


def test_ndjson_has_one_object_a_line():
    assert b"".join(ndjson([{"id": UUID(int=1)}, {"id": b"\x0f"}])) == (
        b'{"id":"00000000-0000-0000-0000-000000000001"}\n{"id":"0f"}\n'
    )
