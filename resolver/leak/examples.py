"""Examples of what assessing reports, for the API's description."""

_ITEM = "01/09521234000013/21/0K7Q2M8W4ZC1N5XR3VTB"

LEAKS = {
    "leaks": [
        {
            "owner_org": "huadu",
            "gtin": "09521234000013",
            "product": {"zh": "华都珍藏酱香白酒", "en": "Huadu Reserve"},
            "codes": 5,
            "items": 412,
            "ranked": [
                {
                    "site": "dealer-02-guangzhou",
                    "name": {"zh": "岭南商贸 广州", "en": "Lingnan Trading Guangzhou"},
                    "tier": "dealer",
                    "probability": 0.94,
                    "suspects": 5,
                    "items": 61,
                    "latitude": 23.13,
                    "longitude": 113.26,
                }
            ],
            "credible": ["dealer-02-guangzhou"],
            "uncertainty_nats": 0.27,
            "inspect": {"sites": ["dealer-02-guangzhou"], "nats": 0.19, "share": 0.7},
            "change": {"site": "shop-guangzhou-1", "codes": 2, "fragile": 0},
            "suspects": [
                {
                    "item": _ITEM,
                    "probability": 0.96,
                    "path": ["dc-guangzhou", "dealer-02-guangzhou", "plant-chengdu", "shop-guangzhou-1"],
                    "events": ["5f0c2a9e-6f0c-4a57-9a54-0d6f7f1b2c3d"],
                }
            ],
            "cases": [
                {
                    "case_id": "d4c6e0a1-5b1f-2c0e-9a77-3f1d2b8c4e55",
                    "state": "investigating",
                    "members": 13,
                    "suspects": 5,
                }
            ],
            "sentences": [{"zh": "5 个疑似被复制的码最可能从…泄露", "en": "5 codes … most likely leaked at …"}],
        }
    ]
}
ASSESSMENTS = {
    "assessments": [
        {
            "owner_org": "huadu",
            "subject": "B2602",
            "made_at": "2026-02-03T06:00:00Z",
            "scanned": 412,
            "flagged": 5,
            "share": 0.0145,
            "low95": 0.006,
            "high95": 0.034,
            "detectable": 0.0105,
            "outlier": True,
            "copies_per_code": 9.2,
        }
    ]
}
