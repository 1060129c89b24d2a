"""Examples of claims, mandates, grants and statements, for the API's description."""

CLAIM = {
    "item_id": "01/09521234000013/21/VCP6R7NVAJKY0C8QX1R2",
    "occurred_at": "2026-03-02T08:00:00Z",
    "event_id": "7e0c8a54-30c5-8f53-a3f0-95d8be8d6a0e",
    "reader_org": "dealer-02",
    "reader_id": "gate-1",
    "verb": "handle",
    "biz_step": "retail_selling",
    "read_point": "dealer-02-beijing",
    "items": 1,
    "recorded_at": "2026-03-02T08:00:03Z",
}
CLAIMS = {"claims": [CLAIM], "next": "/api/v1/claims?limit=1&cursor=WyIy…"}
MANDATE = {
    "mandate_id": "2f0a4f5c-6f0e-4c0b-9a55-0a8f5d3c9b11",
    "owner_org": "huadu",
    "org_id": "packer-01",
    "verbs": ["commission", "custody"],
    "gtin": "09521234000013",
    "since": "2026-01-01T00:00:00Z",
    "until": None,
    "created_at": "2025-12-20T09:00:00Z",
}
GRANT = {"site_id": "dealer-01-chengdu", "org_id": "carrier-01", "created_at": "2025-12-20T09:00:00Z"}
STATEMENT = {
    "event_id": "7e0c8a54-30c5-8f53-a3f0-95d8be8d6a0e",
    "item_id": "00/095212340000000028",
    "occurred_at": "2026-03-02T08:00:00Z",
    "recorded_at": "2026-03-02T08:00:03Z",
    "biz_step": "receiving",
    "disposition": None,
    "reader_org": "carrier-01",
    "reader_id": "van-7",
    "standing": "claim",
}
STATEMENTS = {"statements": [STATEMENT], "next": None}
