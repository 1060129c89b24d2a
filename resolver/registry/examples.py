"""Examples of what the platform's operator registers, and of its health, for the API's description."""

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
LISTED_TOKEN = {
    "token_id": "3f0c6a5e-7a3b-4b53-9d55-0c4a6d1f8e21",
    "org_id": "huadu",
    "role": "maker",
    "label": "filling line 1",
    "scopes": ["issue"],
    "created_at": "2026-01-01T00:00:00Z",
    "created_by": "platform: desk",
    "expires_at": "2026-04-01T00:00:00Z",
    "revoked_at": None,
    "last_used_at": "2026-03-01T08:00:00Z",
}
TOKEN = {"token": "suyuan_…", **LISTED_TOKEN, "last_used_at": None}
READER = {
    "org_id": "huadu",
    "reader_id": "line-1",
    "site_id": "plant-1",
    "reader_class": "edge",
    "kid": "01",
    "public_key": "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
}
HEALTH = {"status": "ok", "scans_waiting": 0, "scans_written": 1204, "scans_lost": 0, "looks": 118}
READY = {"ready": True, "store": "reachable", "keyring_age_s": 0.8, "scans_waiting": 0, "scans_lost": 0, "looks": 118}
