"""A tenant, or nobody, against what is another's: objects, places of people, alerts after a revocation."""

import socket
import threading
import time
from contextlib import ExitStack
from typing import Any

import httpx

from scripts.commands.siege.assault import exchanged, first_bytes, open_sockets
from scripts.commands.siege.attack import Attack, Play, needed
from scripts.commands.siege.cases import open_case, raise_alert
from scripts.commands.siege.stage import DEALER, GTINS, MAKER, RIVAL, Stage, item_of, path_of


def foreign_objects(stage: Stage) -> Play:
    """Maker B and dealer C ask for maker A's batches, codes, keys, readers, cases, files, histories and subscriptions.

    None is shown or changed.
    """
    case_id = open_case(stage)
    item = item_of(stage.unit())
    with stage.http(stage.tokens[MAKER]) as client:
        answer = client.post("/api/v1/subscriptions", json={"channel": "mqtt", "kinds": ["copied"]})
        needed(answer.is_success, answer.text)
        subscription = answer.json()["subscription_id"]
    requests: list[tuple[str, str, Any]] = [
        ("GET", "/api/v1/batches/L1/codes?gtin=" + GTINS[MAKER], None),
        ("POST", "/api/v1/batches/L1/recall", {"reason": "stolen", "gtin": GTINS[MAKER]}),
        ("GET", f"/api/v1/organisations/{MAKER}/keys", None),
        ("POST", f"/api/v1/organisations/{MAKER}/seal-keys", None),
        ("POST", f"/api/v1/organisations/{MAKER}/seal-keys/0/revocation", {"reason": "stolen"}),
        ("POST", f"/api/v1/readers/{MAKER}/line-1/revocation", {"reason": "stolen"}),
        ("PUT", f"/api/v1/readers/{MAKER}/line-1/settings", {"events": 1}),
        ("POST", "/api/v1/enrolments", {"org_id": MAKER, "reader_id": "line-9"}),
        ("POST", f"/api/v1/cases/{case_id}/state", {"state": "closed", "reason": "innocent"}),
        ("GET", f"/api/v1/cases/{case_id}/bundle", None),
        ("DELETE", f"/api/v1/subscriptions/{subscription}", None),
        ("POST", f"/api/v1/subscriptions/{subscription}/secret", None),
        (
            "POST",
            "/api/v1/links",
            {"anchor": f"01/{GTINS[MAKER]}", "link_type": "gs1:pip", "href": "https://e.example/", "title": "x"},
        ),
        ("POST", "/api/v1/organisations", {"org_id": "mine", "name": "m", "name_zh": "m", "kind": "operator"}),
        ("POST", "/api/v1/tokens", {"org_id": MAKER, "label": "mine"}),
        ("POST", "/api/v1/mandates", {"owner_org": MAKER, "org_id": DEALER}),
    ]
    found = []
    with stage.http(stage.tokens[RIVAL]) as rival, stage.http(stage.tokens[DEALER]) as dealer:
        for client, name in ((rival, RIVAL), (dealer, DEALER)):
            for method, path, body in requests:
                # Batches are named within an organisation: maker B has an L1 of its own.
                own = name == RIVAL and "/batches/" in path
                answer = client.request(method, path, json=body)
                if answer.is_success and not own:
                    found.append(f"{name}: {method} {path.partition('?')[0]} {answer.status_code}")
                if GTINS[MAKER] in answer.text and answer.is_success:
                    found.append(f"{name}: {method} {path} shows maker A's goods")
            history = client.get("/api/v1/history", params={"item": item})
            if history.is_success and name == RIVAL and history.json()["events"]:
                found.append(f"{name}: history of {item}")
    with stage.http(stage.tokens[MAKER]) as client:
        client.delete(f"/api/v1/subscriptions/{subscription}")
    yield f"{2 * len(requests) + 2} requests"
    return "; ".join(found[:4])


def revoked_stream(stage: Stage) -> Play:
    """A token of maker B's is revoked while its stream is busy: the stream ends within half a minute."""
    with stage.http(stage.tokens["operator"]) as operator:
        made = operator.post("/api/v1/tokens", json={"org_id": RIVAL, "label": "stolen"})
        needed(made.is_success, made.text)
        token = made.json()["token"]
        ended = threading.Event()
        with open_sockets(1, stage.stack.http_port) as (stream, *_):
            head = "GET /api/v1/alerts/stream HTTP/1.1\r\nHost: id.example.com\r\nAuthorization: Bearer"
            stream.sendall(f"{head} {token}\r\n\r\n".encode())
            needed(b" 200 " in first_bytes(stream), "no stream was opened")
            _revoke(operator, made.json(), RIVAL, "stolen")
            begun = time.monotonic()
            number = 0
            heard = 0
            while time.monotonic() - begun < 30 and not ended.is_set():
                raise_alert(stage, RIVAL, stage.codes[RIVAL][number % 300])
                number += 1
                portions, closed = _drained(stream)
                heard += portions
                if closed:
                    ended.set()
        yield f"a stream, {number} alerts within {time.monotonic() - begun:.0f} s of the revocation"
    return "" if ended.is_set() else f"the stream hears on, {heard} bytes in 30 seconds"


def _drained(connection: socket.socket) -> tuple[int, bool]:
    """How many bytes came within a second, and whether the other side has ended."""
    connection.settimeout(1.0)
    found = 0
    try:
        while portion := connection.recv(65536):
            found += len(portion)
    except TimeoutError:
        return found, False
    except OSError:
        pass
    return found, True


def _revoke(operator: httpx.Client, made: dict[str, Any], org_id: str, label: str) -> None:
    answer = operator.post("/api/v1/tokens/revocation", json={"org_id": org_id, "label": label})
    if answer.is_error and "token_id" in made:
        answer = operator.post(f"/api/v1/tokens/{made['token_id']}/revocation")
    needed(answer.is_success, f"the token could not be revoked: {answer.text[:200]}")


def hidden_coordinates(stage: Stage) -> Play:
    """Maker A reads where consumers of its goods were: it is shown no place of a person to the metre."""
    code = stage.unit()
    with stage.http(address=stage.network()) as client:
        place = {"latitude": 30.654321, "longitude": 104.054321, "source": "gps", "consent": "exact", "accuracy_m": 5}
        scan = {
            "uri": code,
            "handset": "ab" * 16,
            "latitude": place["latitude"],
            "longitude": place["longitude"],
            "source": "gps",
        }
        answer = client.post("/scans", json=scan | {"consent": "exact"})
        needed(answer.is_success, answer.text[:200])
    time.sleep(3)
    with stage.http(stage.tokens[MAKER]) as maker:
        seen = maker.get("/api/v1/history", params={"item": path_of(code), "limit": 100})
        export = maker.get("/api/v1/history", params={"format": "csv"})
    yield "a scan, a history, an export"
    needed("handset" in seen.text or seen.json()["events"], "the scan is in no history")
    shown = [name for name, text in (("history", seen.text), ("export", export.text)) if "30.6543" in text]
    return f"the {' and the '.join(shown)} show the place exactly" if shown else ""


def public_notes(stage: Stage) -> Play:
    """Whoever asks /health, /ready, /metrics and wrong addresses of resolver, capture and proxy learns no secrets."""
    found = []
    metrics = exchanged(stage.stack.http_port, b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 3)
    with ExitStack() as clients:
        outside = clients.enter_context(stage.http(address=stage.network()))
        for path in ("/health", "/ready", "/api/v1/", "/api/v1/cases", "/docs", "/.env", "/.git/config", "/metrics"):
            answer = outside.get(path)
            if any(word in answer.text for word in ("Traceback", "postgresql://", "psycopg", "/work/", "BEGIN ")):
                found.append(path)
            if path in ("/.env", "/.git/config", "/metrics", "/docs") and answer.is_success:
                found.append(f"{path} answers {answer.status_code}")
    yield "10 addresses"
    if b" 200 " in metrics[:20]:
        found.append("/metrics at the resolver")
    return ", ".join(found)


ATTACKS: dict[str, Attack] = {
    "revoked-stream": Attack(revoked_stream, "alerts"),
    "foreign-objects": Attack(foreign_objects, "tenants' objects", quick=True),
    "exact-places": Attack(hidden_coordinates, "people's places"),
    "public-notes": Attack(public_notes, "secrets", quick=True),
}
