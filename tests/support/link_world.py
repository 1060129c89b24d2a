"""Addresses of one maker's thousand items, and loading links for them over HTTP."""

import json

from schemas.gs1 import check_digit
from schemas.keys import seal_key
from schemas.serial import Sealer
from scripts.system.fixtures import GTIN, MAKER, PREFIX
from tests.support.served import SEAL_ROOT

SHOP = "https://www.example.com"


LINKSET = {"Accept": "application/linkset+json"}


JSON = {"Accept": "application/json"}


def gtin(reference):
    return f"0{PREFIX}{reference}" + str(check_digit(f"0{PREFIX}{reference}"))


def unit(index):
    return f"/01/{GTIN}/21/" + Sealer(seal_key(SEAL_ROOT, MAKER, 0), 0).seal(GTIN, 1, index)


def forged(number=0):
    return f"/01/{GTIN}/21/{number:020d}"


def load(client, headers, lines, kind="application/x-ndjson"):
    body = lines if isinstance(lines, str | bytes) else "\n".join(json.dumps(line) for line in lines)
    return client.post("/api/v1/links/load", content=body, headers=headers | {"Content-Type": kind})
