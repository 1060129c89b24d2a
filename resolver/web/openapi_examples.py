"""Examples of answers for the OpenAPI document: what a programmer wants to see before reading a schema."""

from collections.abc import Iterable
from typing import Any

from resolver.web.problems import Problem
from schemas.problem import MEDIA_TYPE

Responses = dict[int | str, dict[str, Any]]

_UNAUTHORISED = Problem(
    401, "no_token", "This address needs a token.", "Send the header Authorization: Bearer <token>."
)
_INVALID = Problem(
    422,
    "invalid_field",
    "quantity: Input should be less than or equal to 1000000000",
    "Correct the fields that are named; /openapi.json has an example of each request.",
    {"field": "quantity"},
)


def shown(example: object, status: int = 200, *, guarded: bool = True) -> Responses:
    """The answer of an endpoint by an example; ``guarded`` endpoints also need a token and check fields."""
    responses: Responses = {
        status: {"description": "As in the example.", "content": {"application/json": {"example": example}}}
    }
    if guarded:
        for problem in (_UNAUTHORISED, _INVALID):
            responses[problem.status] = {
                "description": problem.title,
                "content": {MEDIA_TYPE: {"example": problem.to_document()}},
            }
    return responses


def file_shown(media_type: str, example: str = "(its bytes)") -> Responses:
    """An answer that is a file, or a stream."""
    return {200: {"description": "The bytes.", "content": {media_type: {"example": example}}}}


def file_body(media_types: Iterable[str]) -> dict[str, Any]:
    """A request whose body is a file of one of these types, as it is."""
    content = {
        each: {"schema": {"type": "string", "format": "binary"}, "example": "(its bytes)"} for each in media_types
    }
    return {"requestBody": {"required": True, "content": content}}


PRODUCT = {
    "gtin": "09521234000013",
    "org_id": "huadu",
    "name": "Huadu baijiu 500 ml",
    "name_zh": "华都白酒 500 毫升",
    "category": "baijiu",
    "created_at": "2026-01-01T00:00:00Z",
}
PRODUCTS = {"products": [{**PRODUCT, "batches": 1, "units": 20000}], "next": None}
BATCH = {
    "org_id": "huadu",
    "batch_number": 0,
    "gtin": "09521234000013",
    "lot": "L20260101",
    "quantity": 20000,
    "key_number": 0,
    "grade": "sealed",
    "kid": None,
    "produced_on": "2026-01-01",
    "expires_on": "2029-01-01",
    "territory": ["chengdu"],
    "created_at": "2026-01-01T00:00:00Z",
    "revoked_at": None,
    "revocation_reason": None,
    "revocation_reason_zh": None,
    "recalled_at": None,
    "recall_reason": None,
    "recall_reason_zh": None,
}
BATCHES = {"batches": [{**BATCH, "commissioned": 20000, "seen": 512}], "next": "/api/v1/batches?after=0&limit=1"}
COMMISSIONED = {"batch_number": 0, "first": 0, "count": 20000, "at": "2026-01-02T00:00:00Z", "new": True}
RECALLED = {
    **BATCH,
    "recalled_at": "2026-03-01T00:00:00Z",
    "recall_reason": "A seal may leak; return it to the shop.",
    "recall_reason_zh": "瓶盖可能渗漏，请退回商店。",
}
REVOKED_BATCH = {
    **BATCH,
    "revoked_at": "2026-03-01T00:00:00Z",
    "revocation_reason": "A roll of its labels was stolen.",
    "revocation_reason_zh": "该批次的一卷标签被盗。",
}
ISSUE = {
    "issue_id": "press-2-2026-03-01",
    "org_id": "huadu",
    "batch_number": 0,
    "layer": "outer",
    "first": 0,
    "count": 20000,
    "reissue": False,
    "reason": None,
    "token_label": "filling line 1",
    "requested_at": "2026-03-01T00:00:00Z",
    "streams": 1,
    "streamed_at": "2026-03-01T00:00:02Z",
    "finished_at": "2026-03-01T00:00:03Z",
}
ORGANISATION_KEYS = {
    "org_id": "huadu",
    "seal_keys": [
        {
            "key_number": 0,
            "created_at": "2026-01-01T00:00:00Z",
            "revoked_at": None,
            "revocation_reason": None,
            "batches": 12,
        }
    ],
    "signing_keys": [
        {
            "kid": "7K",
            "not_before": "2026-01-01T00:00:00Z",
            "not_after": "2031-01-01T00:00:00Z",
            "revoked_at": None,
            "revocation_reason": None,
        }
    ],
}
REVOKED_SEAL_KEY = {
    "org_id": "huadu",
    "key_number": 0,
    "revoked_at": "2026-03-01T00:00:00Z",
    "revocation_reason": "The key folder was copied on 1 March.",
}
REVOKED_SIGNING_KEY = {
    "org_id": "huadu",
    "kid": "7K",
    "revoked_at": "2026-03-01T00:00:00Z",
    "revocation_reason": "The key folder was copied on 1 March.",
}
TAG = {
    "uid": "04de5f1eacc040",
    "item": "01/09521234000013/21/0K7Q2M8W4ZC1N5XR3VTB",
    "meta_read_key": "00000000000000000000000000000000",
    "file_read_key": "00000000000000000000000000000000",
    "address": "https://id.example.com/sun/huadu?picc_data={picc_data}&cmac={cmac}",
}
SUMMARY = {"batches": 1, "units": 20000, "commissioned": 20000, "seen": 512, "scans": 40, "open_incidents": 2}
EVENT = {
    "event_id": "7e0c8a54-30c5-8f53-a3f0-95d8be8d6a0e",
    "item_id": "00/095212340000000028",
    "occurred_at": "2026-01-05T02:00:00Z",
    "recorded_at": "2026-01-05T02:00:03Z",
    "offset_minutes": 480,
    "biz_step": "shipping",
    "action": "OBSERVE",
    "disposition": "in_transit",
    "read_point": "plant-1",
    "latitude": 30.66,
    "longitude": 104.06,
    "radius_m": 100.0,
    "source": "site",
    "audience": "edge",
    "reader_org": "huadu",
    "reader_id": "line-1",
    "owner_org": "huadu",
    "proof": "foreign",
    "clock_bound_s": 1,
    "children": None,
    "via": "00/095212340000000028",
}
HISTORY = {"events": [EVENT], "next": "/api/v1/history?item=01%2F09521234000013%2F21%2F…&limit=1&cursor=WyIy…"}
FINDING = {
    "finding_id": "8d7a2b5c0e1f43968d7a2b5c0e1f4396",
    "rule": "impossible_travel",
    "kind": "copied",
    "level": "alert",
    "subject": "01/09521234000013/21/0K7Q2M8W4ZC1N5XR3VTB",
    "owner_org": "huadu",
    "occurred_at": "2026-02-03T04:05:06Z",
    "detected_at": "2026-02-03T04:05:07Z",
    "confidence": 0.99,
    "evidence": {"events": ["7e0c8a54-30c5-8f53-a3f0-95d8be8d6a0e"], "details": {"km": 1660, "hours": 0.5}},
}
FINDINGS = {"findings": [FINDING], "next": None}
INCIDENT = {
    "subject": "01/09521234000013/21/0K7Q2M8W4ZC1N5XR3VTB",
    "kind": "copied",
    "owner_org": "huadu",
    "opened_at": "2026-02-03T04:05:06Z",
    "updated_at": "2026-02-03T04:05:07Z",
    "findings": 1,
    "state": "new",
    "reason": None,
    "case_id": "d4c6e0a1-5b1f-2c0e-9a77-3f1d2b8c4e55",
}
INCIDENTS = {"incidents": [INCIDENT], "next": None}
_EXPLANATION = {
    "evidence": [
        {
            "zh": "两个不同的观察者在相距至少 1660 公里的两地看到同一个码（已扣除定位误差）。",
            "en": "Two observers saw the same code at places at least 1660 km apart, errors of position given away.",
        }
    ],
    "innocent": {
        "zh": "最可能的无辜解释：使用虚拟专用网的手机给出了看似精确的位置（约 0.5%：…）。",
        "en": "The strongest innocent explanation: a phone behind a VPN that claims to be precise (about 0.5%: …).",
        "cause": {
            "zh": "使用虚拟专用网的手机给出了看似精确的位置",
            "en": "a phone behind a VPN that claims to be precise",
        },
        "probability": 0.005,
        "measured": False,
    },
    "silent_if": {
        "zh": "如果第二次看到的地点近 1595 公里，或晚 4.0 小时，就不会报警。",
        "en": "Had the second sighting been 1595 km nearer or 4.0 h later, it would have been silent.",
    },
}
ALERTS = {"alerts": [{**INCIDENT, "evidence": [FINDING], "explanation": _EXPLANATION}], "next": None}
_CASE = {
    **INCIDENT,
    "accused_org": None,
    "created_at": "2026-02-03T04:05:07Z",
    "assignee": None,
    "appealed": False,
    "limited": False,
    "deadlines": {
        "answer_due": "2026-02-05T04:05:07Z",
        "answered_at": None,
        "answer_overdue": False,
        "escalation_due": "2026-02-10T04:05:07Z",
    },
    "moves": ["active"],
}
CASES = {"cases": [_CASE], "next": None}
CASE_ENTRY = {
    "entry_id": 8,
    "at": "2026-02-03T05:00:00Z",
    "org_id": "huadu",
    "actor": "quality desk",
    "action": "comment",
    "remark": "Asked the depot for its papers.",
    "shared": True,
}
CASE_FILE = {
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "name": "receipt.pdf",
    "content_type": "application/pdf",
    "size": 48211,
    "new": True,
}
CASE = {
    **_CASE,
    "explanation": _EXPLANATION,
    "evidence": [FINDING],
    "history": [{**CASE_ENTRY, "from_state": None, "to_state": None, "reason": None}],
    "files": [],
    "appeals": [],
}
APPEALED = {
    "appeal_id": "0d7a9c52-6f4b-4b0e-8a53-5e1f60c1d2a3",
    "case_id": "d4c6e0a1-5b1f-2c0e-9a77-3f1d2b8c4e55",
    "state": "open",
}
CALENDAR = {"days": [{"day": "2026-10-01", "works": False, "name": "国庆节"}]}
RULES = {
    "rules": [
        {
            "rule": "second_sale",
            "owner_org": "huadu",
            "closures": 200,
            "confirmed": 9,
            "precision": 0.045,
            "level": "watch",
            "since": "2026-03-01T00:00:00Z",
            "actor": "closures",
            "remark": "9 of its last 200 counted closures confirmed it",
            "says": {"zh": "规则 second_sale 已静默：…", "en": "Rule second_sale is silent: …"},
        }
    ],
    "counted": 200,
    "least_precision": 0.05,
}
_SUBSCRIPTION = {
    "subscription_id": "5b0c8f7e-0a52-4c55-9b4a-f2a6f6a3c001",
    "channel": "webhook",
    "target": "https://alerts.example.com/suyuan",
    "language": "zh",
    "kinds": ["copied", "diverted"],
    "gtins": [],
    "markets": ["chengdu"],
    "changes": [],
    "created_at": "2026-02-01T00:00:00Z",
    "created_by": "quality desk",
    "cursor": 41,
    "delivered_at": None,
    "failures": 0,
    "next_try_at": "2026-02-01T00:00:00Z",
    "last_error": "",
    "paused_at": None,
}
SUBSCRIPTIONS = {"subscriptions": [_SUBSCRIPTION]}
SUBSCRIBED = {**_SUBSCRIPTION, "secret": "whsec_…", "signature_header": "webhook-signature"}
PHOTO = {"report_id": "1f0c2d3e-4a5b-4c6d-8e7f-9a0b1c2d3e4f", "sha256": CASE_FILE["sha256"], "size": 183402}
REPORTS = {
    "reports": [
        {
            "report_id": PHOTO["report_id"],
            "item_id": INCIDENT["subject"],
            "owner_org": "huadu",
            "created_at": "2026-02-03T06:00:00Z",
            "suspicion": "counterfeit",
            "place": "成都市锦江区",
            "price_fen": 4990,
            "remark": "瓶盖与以前不同",
            "market_id": "chengdu",
            "photos": [CASE_FILE["sha256"]],
            "channel": {"market_id": "chengdu", "prices": 31, "median_fen": 12800},
            "far_below": True,
        }
    ],
    "next": None,
}
MARKET = {
    "market_id": "chengdu",
    "name": "Chengdu",
    "name_zh": "成都",
    "latitude": 30.66,
    "longitude": 104.06,
    "radius_km": 60,
}
SITE = {
    "site_id": "dealer-01-chengdu",
    "org_id": "dealer-01",
    "name": "Chengdu depot",
    "name_zh": "成都仓",
    "kind": "dealer",
    "latitude": 30.66,
    "longitude": 104.06,
}
ORGANISATION = {"org_id": "huadu", "name": "Huadu", "name_zh": "华都", "kind": "maker", "prefixes": ["9521234"]}
TOKEN = {"token": "suyuan_…", "org_id": "huadu", "role": "maker", "label": "filling line 1", "expires_at": None}
READER = {
    "org_id": "huadu",
    "reader_id": "line-1",
    "site_id": "plant-1",
    "kid": "01",
    "public_key": "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
}
ENROLMENT = {
    "token": "enrol_…",
    "org_id": "dealer-01",
    "reader_id": "gate-1",
    "expires_at": "2026-01-01T01:00:00Z",
}
REDEEMED = {"org_id": "dealer-01", "reader_id": "gate-1", "site_id": "dealer-01-chengdu", "kid": "6b31"}
ROTATED = {"org_id": "dealer-01", "reader_id": "gate-1", "kid": "6b32"}
FLEET = {
    "readers": [
        {
            "org_id": "dealer-01",
            "reader_id": "gate-1",
            "site_id": "dealer-01-chengdu",
            "created_at": "2026-01-01T00:30:00Z",
            "revoked_at": None,
            "last_seen": "2026-03-01T08:00:00Z",
            "online": True,
            "status_at": "2026-03-01T07:12:00Z",
            "firmware": "2.4.1",
            "clock_offset_us": 41000,
            "settings": {"batch_events": 200},
            "settings_revision": 1,
            "settings_published": True,
            "keys": [{"kid": "6b31", "created_at": "2026-01-01T00:30:00+00:00", "revoked_at": None}],
            "state": "healthy",
        }
    ],
    "next": None,
}
HEALTH = {"status": "ok", "scans_waiting": 0, "scans_written": 1204, "scans_lost": 0, "looks": 118}
READY = {"ready": True, "store": "reachable", "keyring_age_s": 0.8, "scans_waiting": 0, "scans_lost": 0, "looks": 118}
KEYS = {
    "keys": [
        {
            "kty": "OKP",
            "crv": "Ed25519",
            "alg": "EdDSA",
            "use": "sig",
            "kid": "7K",
            "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
            "org": "huadu",
            "gtin_prefixes": ["9521234"],
            "not_before": "2026-01-01T00:00:00+00:00",
            "not_after": "2031-01-01T00:00:00+00:00",
            "revoked_at": None,
        }
    ]
}
REPORTED = {"report_id": "0a5cf3e2-95b0-4d8e-8d0e-3d0b6a8f1f11", "item": "01/09521234000013/21/0K7Q2M8W4ZC1N5XR3VTB"}
