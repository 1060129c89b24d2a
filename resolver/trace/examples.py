"""Examples of histories, for the API's description."""

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
    "destination": "dealer-01-chengdu",
    "via": "00/095212340000000028",
    "standing": "fact",
}
HISTORY = {"events": [EVENT], "next": "/api/v1/history?item=01%2F09521234000013%2F21%2F…&limit=1&cursor=WyIy…"}
