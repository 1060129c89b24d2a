"""Examples of keys, for the API's description."""

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
REVOCATION = {
    "revocation_id": "8d1f2c7e-2d5a-4f0e-9d8a-6c1b7e3f4a50",
    "org_id": "huadu",
    "kind": "seal",
    "key": "0",
    "reason": "The key folder was copied on 1 March.",
    "emergency": False,
    "requested_by": "huadu: desk",
    "requested_at": "2026-03-01T00:00:00Z",
    "due_at": "2026-03-02T00:00:00Z",
    "state": "pending",
    "decided_by": None,
    "decided_at": None,
}
REVOKED = REVOCATION | {"state": "revoked", "decided_by": "huadu: director", "decided_at": "2026-03-01T00:10:00Z"}
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
