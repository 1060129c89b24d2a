"""Examples of findings, incidents, cases and rules, for the API's description."""

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
    "evidence": {
        "events": ["7e0c8a54-30c5-8f53-a3f0-95d8be8d6a0e"],
        "details": {"km": 1660, "hours": 0.5, "observed_by": ["reader", "reader"]},
    },
}
FINDINGS = {"findings": [FINDING], "next": None}
INCIDENT = {
    "subject": "01/09521234000013/21/0K7Q2M8W4ZC1N5XR3VTB",
    "kind": "copied",
    "owner_org": "huadu",
    "opened_at": "2026-02-03T04:05:06Z",
    "updated_at": "2026-02-03T04:05:07Z",
    "findings": 14,
    "members": 13,
    "weight": 36.2,
    "state": "new",
    "reason": None,
    "case_id": "d4c6e0a1-5b1f-2c0e-9a77-3f1d2b8c4e55",
    "merged_into": None,
}
_COMMON = {
    "cause": {
        "zh": "同一经销商（dealer-02-guangzhou）经手的货：1 条整体线索、12 个单件预警。",
        "en": "Goods that one dealer had (dealer-02-guangzhou): 13 alerts, 1 about the whole, 12 about one unit each.",
    },
    "kinds": {"copied": 12, "diverted": 1},
}
MEMBERS = {
    "members": [
        {
            "subject": "01/09521234000013/21/0K7Q2M8W4ZC1N5XR3VTB",
            "kind": "copied",
            "findings": 1,
            "confidence": 0.99,
            "units": 1,
            "leads": False,
            "first_at": "2026-02-03T04:05:06Z",
            "last_at": "2026-02-03T04:05:06Z",
            "joined_at": "2026-02-03T04:05:07Z",
        }
    ],
    "next": None,
}
INCIDENTS = {"incidents": [INCIDENT], "next": None}
_EXPLANATION = {
    "evidence": [
        {
            "zh": "两个不同的登记读码设备在相距至少 1660 公里的两地看到同一个码（已扣除定位误差）。",
            "en": "Two enrolled readers saw the same code at places at least 1660 km apart, errors of position given"
            " away.",
        }
    ],
    "innocent": {
        "zh": "最可能的无辜解释：读码设备的时钟误差大于它所承认的（约 0.5%：…）。",
        "en": "The strongest innocent explanation: a reader whose clock is off by more than it admits (about 0.5%: …).",
        "cause": {
            "zh": "读码设备的时钟误差大于它所承认的",
            "en": "a reader whose clock is off by more than it admits",
        },
        "probability": 0.005,
        "measured": False,
    },
    "silent_if": {
        "zh": "如果第二次看到的地点近 1595 公里，或晚 4.0 小时，就不会报警。",
        "en": "Had the second sighting been 1595 km nearer or 4.0 h later, it would have been silent.",
    },
}
ALERTS = {"alerts": [{**INCIDENT, **_COMMON, "evidence": [FINDING], "explanation": _EXPLANATION}], "next": None}
_CASE = {
    **INCIDENT,
    **_COMMON,
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
    "moves": ["active", "investigating"],
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
    "merged": [],
    "first_members": MEMBERS["members"],
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
