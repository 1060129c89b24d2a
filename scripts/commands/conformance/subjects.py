"""The identifiers under test in a temporary stack: products, lots, units, places and assets, with their links."""

import secrets
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import httpx
from psycopg import connect

from resolver.access.authentication import new_token, token_hash
from schemas.gs1 import check_digit
from scripts.system.stack import Stack

ORG = "conformance"
PREFIX = "9521234"


def _checked(digits: str) -> str:
    return digits + str(check_digit(digits))


GTIN = _checked(f"0{PREFIX}77777")
RETIRED = _checked(f"0{PREFIX}77778")
SSCC = _checked(f"3{PREFIX}000000077")
GLN = _checked(f"{PREFIX}77779")
GRAI = "0" + _checked(f"{PREFIX}77780")
GIAI = f"{PREFIX}ASSET-77"
LOT = "LOT-77"

_ABOUT = "https://www.example.com"


def _link(anchor: str, link_type: str, path: str, title: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 -- JSON
    return {"anchor": anchor, "link_type": link_type, "href": _ABOUT + path, "title": title, **more}


def links() -> list[dict[str, Any]]:
    """Links of every form that the checks need."""
    gtin = f"01/{GTIN}"
    links = [
        _link(gtin, "gs1:pip", "/tea", "About this tea", type="text/html", default=True),
        _link(gtin, "gs1:defaultLinkMulti", "/tea/zh", "关于这款茶", type="text/html", hreflang=["zh"]),
        _link(gtin, "gs1:defaultLinkMulti", "/tea/en", "About this tea", type="text/html", hreflang=["en"]),
        _link(gtin, "gs1:instructions", "/tea/brew.html", "How to brew", type="text/html", hreflang=["en"]),
        _link(gtin, "gs1:instructions", "/tea/brew.pdf", "How to brew", type="application/pdf", hreflang=["en"]),
        _link(gtin, "gs1:instructions", "/tea/brew-zh", "冲泡方法", type="text/html", hreflang=["zh-CN"]),
        _link(gtin, "gs1:certificationInfo", "/certificate/cn", "Certificate", type="text/html", context=["CN"]),
        _link(gtin, "gs1:certificationInfo", "/certificate/de", "Certificate", type="text/html", context=["DE"]),
        _link(gtin, "gs1:faqs", "/faq?page=1", "Questions", type="text/html"),
        _link(gtin, "gs1:support", "/support", "Support", type="text/html", fwqs=False),
        _link(gtin, "gs1:review", "/review/a", "Reviews", type="text/html", hreflang=["en"], slot="review-a"),
        _link(gtin, "gs1:review", "/review/b", "Reviews", type="text/html", hreflang=["en"], slot="review-b"),
        _link(gtin, "https://voc.example.com/greenhouse", "/co2", "Footprint", type="application/json"),
        _link(gtin, "describedby", "/tea.jsonld", "Data", type="application/ld+json"),
        _link(f"{gtin}/10/{LOT}", "gs1:recallStatus", "/lot/77", "This lot", type="text/html", default=True),
        _link(f"{gtin}/10/{LOT}", "gs1:certificationInfo", "/lot/77/certificate", "Certificate", type="text/html"),
    ]
    for anchor in (f"00/{SSCC}", f"414/{GLN}", f"8003/{GRAI}", f"8004/{GIAI}"):
        links.append(_link(anchor, "gs1:pip", f"/{anchor}", "About this", type="text/html", default=True))
        links.append(_link(anchor, "gs1:locationInfo", f"/{anchor}/where", "Where it is", type="text/html"))
    return links


def register(stack: Stack, printed: str) -> list[str]:
    """Register all of it in a running stack whose codes begin with ``printed``; returns the URIs to test."""
    token = new_token()
    with connect(stack.postgres.owner_dsn, autocommit=True) as owner:
        owner.execute("INSERT INTO suyuan.organisation (org_id, name, name_zh, kind) VALUES (%s, %s, %s, 'maker')",
                      [ORG, "Conformance", "一致性测试"])  # fmt: skip
        owner.execute("INSERT INTO suyuan.company_prefix VALUES (%s, %s)", [PREFIX, ORG])
        owner.execute("INSERT INTO suyuan.seal_key (org_id, key_number) VALUES (%s, 0)", [ORG])
        owner.execute(
            "INSERT INTO suyuan.api_token (token_hash, org_id, role, label) VALUES (%s, %s, 'maker', %s)",
            [token_hash(token), ORG, secrets.token_hex(4)],
        )
    with httpx.Client(base_url=stack.base_url, headers={"Authorization": f"Bearer {token}"}, timeout=30) as maker:
        _wait_for_prefix(maker)
        for gtin in (GTIN, RETIRED):
            _post(maker, "/products", {"gtin": gtin, "name": "Tea", "name_zh": "茶"})
        batch = {"gtin": GTIN, "lot": LOT, "quantity": 100, "produced_on": f"{datetime.now(UTC):%Y-%m-%d}"}
        _post(maker, "/batches", batch)
        _post(maker, f"/batches/{LOT}/commissioning", {})
        for link in links():
            _post(maker, "/links", link)
        _post(maker, f"/products/{RETIRED}/successor", {"successor": GTIN})
        codes = maker.get(f"/api/v1/batches/{LOT}/codes", params={"count": 1})
        serial = codes.raise_for_status().json()["serial"]
    return [
        printed + path
        for path in (
            f"/01/{GTIN}",
            f"/01/{GTIN}/10/{LOT}",
            f"/01/{GTIN}/10/{LOT}/21/{serial}",
            f"/01/{GTIN}/21/{serial}",
            f"/00/{SSCC}",
            f"/414/{GLN}",
            f"/8003/{GRAI}",
            f"/8004/{GIAI}",
            f"/01/{RETIRED}",
        )
    ]


def _wait_for_prefix(maker: httpx.Client) -> None:
    for _ in range(100):
        response = maker.post("/api/v1/products", json={"gtin": GTIN, "name": "Tea", "name_zh": "茶"})
        if response.status_code != 422:
            return
        time.sleep(0.1)
    response.raise_for_status()


def _post(maker: httpx.Client, path: str, body: Mapping[str, Any]) -> None:
    response = maker.post(f"/api/v1{path}", json=body)
    if response.status_code != 409:  # registered by the first attempt above
        response.raise_for_status()
