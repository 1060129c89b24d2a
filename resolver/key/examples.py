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
REVOKED_SEAL_KEY = {
    "org_id": "huadu",
    "key_number": 0,
    "revoked_at": "2026-03-01T00:00:00Z",
    "revocation_reason": "The key folder was copied on 1 March.",
}
REVOKED_SIGNING_KEY = {
    "org_id": "huadu",
    "kid": "7K",
    "revoked_at": "2026-03-01T00:00:00Z",
    "revocation_reason": "The key folder was copied on 1 March.",
}
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
