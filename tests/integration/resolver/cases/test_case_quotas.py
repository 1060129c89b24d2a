"""What the accused adds to a case takes nothing from the owner's room, nor from the authority's."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from resolver.case import quota_store
from tests.support.case_world import AUTHORITY, DEALER, MAKER


@pytest.fixture
def quotas(monkeypatch):
    """Small ones; each party has its own."""
    for name, most in (("MAX_FILES", 3), ("MAX_FILE_BYTES", 1000), ("MAX_COMMENTS", 2), ("MAX_APPEALS", 2)):
        monkeypatch.setattr(quota_store, name, most)


def attach(room, org, case, name, content):
    headers = room.tokens[org] | {"Content-Type": "text/plain"}
    return room.client.post(f"/api/v1/cases/{case}/files", params={"name": name}, content=content, headers=headers)


def test_the_accuseds_files_fill_its_own_quota_and_nobody_elses(room, lane, quotas):
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda n: attach(room, DEALER, lane, f"{n}.txt", b"a%d" % n).status_code, range(8)))
    taken = [status for status in answers if status == 201]
    assert len(taken) == 3, "two at a time can't both be the last"
    assert set(answers) <= {201, 409, 429}
    assert attach(room, DEALER, lane, "again.txt", b"a0").status_code in (201, 409)
    for org in (MAKER, AUTHORITY):
        assert attach(room, org, lane, "o.txt", org.encode()).status_code == 201
        refused = attach(room, org, lane, "o.txt", b"x" * 1001)
        assert (refused.status_code, refused.json()["reason"]) == (409, "too_many_files")
    assert len(room.case(MAKER, lane)["files"]) == 5
    assert room.ask(MAKER, "GET", f"/api/v1/cases/{lane}/bundle").status_code == 200


def test_comments_and_appeals_of_the_accused_end(room, lane, quotas):
    path = f"/api/v1/cases/{lane}"
    for status in (201, 201, 409):
        room.ask(DEALER, "POST", f"{path}/comments", status, json={"text": "no"})
    room.ask(MAKER, "POST", f"{path}/comments", 201, json={"text": "yes"})
    for status in (201, 201, 409):
        appeal = room.ask(DEALER, "POST", f"{path}/appeals", status, json={"statement": "no"}).json()
        if status == 201:
            room.ask(DEALER, "POST", f"{path}/appeals/{appeal['appeal_id']}/withdrawal", json={"remark": ""})
    assert appeal["reason"] == "too_many_appeals"
    assert len(room.case(MAKER, lane)["appeals"]) == 2


def test_moves_end_for_a_day(room, monkeypatch):
    monkeypatch.setattr(quota_store, "MAX_ENTRIES_A_DAY", 2)
    _, case = room.travel("Q1")
    room.move(MAKER, case, "active")
    room.move(MAKER, case, "investigating")
    assert room.move(MAKER, case, "active", 409)["reason"] == "too_many_entries"
    room.move(AUTHORITY, case, "active")


def test_a_large_json_file_and_one_of_a_foreign_case_are_refused(room, lane):
    headers = room.tokens[MAKER] | {"Content-Type": "application/json"}
    deep = b"[" * (256 * 1024) + b"]"
    path = f"/api/v1/cases/{lane}/files?name=a.json"
    assert room.client.post(path, content=deep, headers=headers).status_code == 413
    foreign = path.replace(lane, "00000000-0000-0000-0000-000000000000")
    assert room.client.post(foreign, content=b"{", headers=headers).status_code == 404, "before it is read"
