"""Examples of consumers' reports, for the API's description."""

_SHA256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
PHOTO = {"report_id": "1f0c2d3e-4a5b-4c6d-8e7f-9a0b1c2d3e4f", "sha256": _SHA256, "size": 183402}
REPORTS = {
    "reports": [
        {
            "report_id": PHOTO["report_id"],
            "item_id": "01/09521234000013/21/0K7Q2M8W4ZC1N5XR3VTB",
            "owner_org": "huadu",
            "created_at": "2026-02-03T06:00:00Z",
            "suspicion": "counterfeit",
            "place": "成都市锦江区",
            "price_fen": 4990,
            "remark": "瓶盖与以前不同",
            "market_id": "chengdu",
            "photos": [_SHA256],
            "channel": {"market_id": "chengdu", "prices": 31, "median_fen": 12800},
            "far_below": True,
        }
    ],
    "next": None,
}
FALSE_CODE_REPORTS = {
    "false_codes": [
        {
            "day": "2026-02-03",
            "owner_org": "huadu",
            "gtin": "09521234000013",
            "reports": 34,
            "networks": 12,
            "examples": [
                {
                    "report_id": "6d1f0a52-3b7c-4c19-9d41-2f5be1c1f7aa",
                    "item": "01/09521234000013/21/0123456789ABCDEFGHJK",
                    "proof": "forged",
                    "suspicion": "counterfeit",
                    "place": "武汉市武昌区",
                    "price_fen": 3990,
                    "remark": "瓶口没有封膜",
                    "created_at": "2026-02-03T06:00:00Z",
                }
            ],
        }
    ]
}
