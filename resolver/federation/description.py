"""The resolver description file (GS1-Conformant resolver standard 1.2.0): what this resolver is. Pure."""

from typing import Any

from resolver.link import vocabulary
from resolver.link.linkset import CONTEXT
from schemas.ai_relation import QUALIFIERS


def description(base_url: str) -> dict[str, Any]:
    """The file's content. Its address is ``/.well-known/gs1resolver``."""
    return {
        "name": "Suyuan 溯源",
        "resolverRoot": base_url,
        "supportedPrimaryKeys": sorted(QUALIFIERS),
        "supportedLinkType": [
            {"namespace": vocabulary.GS1, "prefix": "gs1:", "profile": "https://www.gs1.org/voc/?show=linktypes"},
            {"namespace": vocabulary.SUYUAN, "prefix": "suyuan:", "profile": f"{base_url}/api/v1/link-types"},
        ],
        "supportedContextValuesEnumerated": ["ISO 3166-1 alpha-2"],
        "linkTypeDefaultCanBeLinkset": False,
        "jsonLdContextLocation": CONTEXT,
        "contact": {"fn": "Suyuan 溯源"},
    }
