"""Examples of issues of codes, for the API's description."""

ISSUE = {
    "issue_id": "press-2-2026-03-01",
    "org_id": "huadu",
    "batch_number": 0,
    "layer": "outer",
    "first": 0,
    "count": 20000,
    "reissue": False,
    "reason": None,
    "token_label": "filling line 1",
    "requested_at": "2026-03-01T00:00:00Z",
    "streams": 1,
    "streamed_at": "2026-03-01T00:00:02Z",
    "finished_at": "2026-03-01T00:00:03Z",
}
