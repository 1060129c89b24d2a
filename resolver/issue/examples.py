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
CODE = (
    '{"index":0,"serial":"0K7Q2M8W4ZC1N5XR3VTB","item":"01/09521234000013/21/0K7Q2M8W4ZC1N5XR3VTB",'
    '"uri":"HTTPS://ID.EXAMPLE.COM/01/09521234000013/21/0K7Q2M8W4ZC1N5XR3VTB"}'
)
"""A record of NDJSON."""
