"""Examples of subscriptions, for the API's description."""

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
