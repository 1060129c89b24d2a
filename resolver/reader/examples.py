"""Examples of readers, for the API's description."""

ENROLMENT = {
    "token": "enrol_…",
    "org_id": "dealer-01",
    "reader_id": "gate-1",
    "expires_at": "2026-01-01T01:00:00Z",
}
REDEEMED = {"org_id": "dealer-01", "reader_id": "gate-1", "site_id": "dealer-01-chengdu", "kid": "6b31"}
NONCE = {"nonce": "00" * 24, "seconds": 300}
ROTATED = {"org_id": "dealer-01", "reader_id": "gate-1", "kid": "6b32"}
FLEET = {
    "readers": [
        {
            "org_id": "dealer-01",
            "reader_id": "gate-1",
            "site_id": "dealer-01-chengdu",
            "reader_class": "edge",
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
            "keys": [
                {
                    "kid": "6b31",
                    "created_at": "2026-01-01T00:30:00+00:00",
                    "introduced_by": None,
                    "revoked_at": None,
                }
            ],
            "state": "healthy",
        }
    ],
    "next": None,
}
