"""Examples of products and batches, for the API's description."""

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
SUMMARY = {"batches": 1, "units": 20000, "commissioned": 20000, "seen": 512, "scans": 40, "open_incidents": 2}
