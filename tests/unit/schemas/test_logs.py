"""Log lines for people and for machines."""

import io
import json
import logging

import pytest

from schemas import logs


@pytest.fixture
def written():
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    yield stream
    root.handlers[:], root.level = handlers, level


def test_a_json_line_carries_batch_and_counts_and_survives_any_text(written) -> None:
    logs.configure("json", "INFO", written)
    logging.getLogger("gateway.ingest.worker").info("two\nlines %s", "“quoted”", extra={"batch": 7, "stale": 0})
    logging.getLogger("gateway.ingest.worker").debug("not asked for")
    (line,) = written.getvalue().splitlines()
    found = json.loads(line)
    assert found.pop("time").endswith("+00:00")
    assert found == {
        "level": "INFO",
        "logger": "gateway.ingest.worker",
        "message": "two\nlines “quoted”",
        "batch": 7,
        "stale": 0,
    }


def test_an_exception_stays_on_its_line(written) -> None:
    logs.configure("json", "INFO", written)
    try:
        int("no such thing")
    except ValueError:
        logging.getLogger("gateway").exception("failed", extra={"batch": 1})
    (line,) = written.getvalue().splitlines()
    assert "ValueError: invalid literal" in json.loads(line)["exception"]


def test_a_text_line_has_the_same_facts_behind_it(written) -> None:
    logs.configure("text", "INFO", written)
    logging.getLogger("gateway.ingest.worker").warning("store unavailable", extra={"batch": 7})
    assert written.getvalue().endswith("WARNING gateway.ingest.worker store unavailable batch=7\n")


def test_a_text_line_with_an_exception_has_its_traceback_below(written) -> None:
    logs.configure("text", "INFO", written)
    try:
        int("no such thing")
    except ValueError:
        logging.getLogger("gateway").exception("failed", extra={"batch": 1})
    first, *traceback = written.getvalue().splitlines()
    assert first.endswith("ERROR gateway failed batch=1")
    assert traceback[0] == "Traceback (most recent call last):"
    assert traceback[-1].startswith("ValueError: invalid literal")


@pytest.mark.parametrize("form", ["text", "json"])
def test_no_token_and_no_password_comes_into_a_line(written, form) -> None:
    logs.configure(form, "INFO", written)
    token = "aB3_" * 11
    address = f"postgresql://suyuan_resolver:{token}@db/suyuan"
    try:
        int(f"Authorization: Bearer {token} at {address}")
    except ValueError:
        logging.getLogger("resolver").exception("suyuan_%s enrol_%s", token, token, extra={"secret": f"whsec_{token}"})
    assert "aB3" not in written.getvalue()
    assert "postgresql://suyuan_resolver:" in written.getvalue()
    assert "@db/suyuan" in written.getvalue()


def test_a_library_s_lines_are_rendered_like_ours(written) -> None:
    logs.configure("json", "INFO", written)
    logging.getLogger("uvicorn.error").warning("Invalid HTTP request received.")
    assert json.loads(written.getvalue())["logger"] == "uvicorn.error"
