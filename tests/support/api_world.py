"""Products, codes and events of the parties that tests/integration/resolver/api/conftest.py registers."""

import json
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from schemas.event import Action
from schemas.geodesy import Position
from schemas.gs1 import check_digit
from tests.support.observed import observe
from tests.support.served import BASE_URL

CHENGDU = (30.66, 104.06)


SHANGHAI = (31.23, 121.47)


T0 = datetime(2026, 3, 1, 8, tzinfo=UTC)


def gtin(thirteen):
    return thirteen + str(check_digit(thirteen))


GTIN = gtin("0952123400001")


RIVAL_GTIN = gtin("0952777700001")


def sscc(seventeen):
    return f"00/{seventeen}{check_digit(seventeen)}"


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def public_key():
    return Ed25519PrivateKey.generate().public_key().public_bytes_raw()


def codes(client, headers, lot, **query):
    answer = client.get(f"/api/v1/batches/{lot}/codes", params=query, headers=headers)
    assert answer.status_code == 200, answer.text
    return [json.loads(line) for line in answer.text.splitlines()]


def path_of(uri):
    return uri[len(BASE_URL) :]


def forged_path():
    return f"/01/{GTIN}/21/0123456789ABCDEFGHJK"


def outbox(owner):
    return [row[0] for row in owner.execute("SELECT scan FROM suyuan.outbox ORDER BY outbox_id").fetchall()]


def seen(owner, item, at, *, step="shipping", org="huadu", place=None, owner_org="huadu"):
    """Store an observation: at a place by GPS, or else at the shop in Chengdu."""
    return observe(
        owner,
        item,
        at,
        owner_org=owner_org,
        reader_org=org,
        step=step,
        read_point="shop-chengdu" if place is None else None,
        position=None if place is None else Position(*place, 100),
    )


def packed(owner, container, child, at, *, packed=True):
    action, step = (Action.ADD, "packing") if packed else (Action.DELETE, "unpacking")
    place = {"owner_org": "huadu", "reader_org": "huadu", "read_point": "shop-chengdu"}
    return observe(owner, container, at, step=step, action=action, children=(child,), **place)
