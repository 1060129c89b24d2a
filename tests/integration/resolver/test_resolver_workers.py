"""Several processes behind one port: each with its own connections, limits and queue, and none loses a scan."""

import urllib.request

import pytest

from tests.support.stack import TestStack

SCANS = 60


@pytest.fixture
def stack(tmp_path):
    stack = TestStack(tmp_path / "state")
    try:
        stack.start_store()
        stack.register_maker()
        stack.start_resolver(workers="2", network_rate="0")
        yield stack
    finally:
        stack.stop()


def test_processes_share_a_port_and_what_they_noted_is_there_when_they_are_gone(stack):
    for index in range(SCANS):
        url = f"{stack.base_url}{stack.unit(index)}"
        request = urllib.request.Request(url, headers={"Accept": "application/json", "User-Agent": "Mozilla/5.0"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            assert answer.status == 200
    stack.resolver.stop()
    assert stack.query("SELECT count(*) FROM suyuan.outbox") == [(SCANS,)]
    assert stack.query("SELECT sum(scans) FROM suyuan.scan_count") == [(SCANS,)]
