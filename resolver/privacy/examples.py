"""Examples of what is answered, for the OpenAPI document."""

from typing import Any

LEFT: dict[str, Any] = {
    "known": True,
    "retention_days": 180,
    "left": [
        {
            "kind": "scan",
            "at": "2026-03-01T02:00:00Z",
            "item": "01/09521234000013/21/0K7Q2M8W4ZC1N5XR3VTB",
            "product": {"name": "Green tea 250 g", "name_zh": "绿茶 250 克"},
            "place": {"latitude": 30.7, "longitude": 104.1, "radius_m": 10000.0},
            "network_known": True,
            "said": "",
        }
    ],
}
FORGOTTEN: dict[str, Any] = {"forgotten": 3, "complete": True}
