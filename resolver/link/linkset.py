"""Linksets (RFC 9264) in the shape that the GS1-Conformant resolver standard 1.2.0 asks for, and Link headers. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from resolver.link import vocabulary
from resolver.link.choice import Level, Link

CONTEXT = "https://ref.gs1.org/standards/resolver/linkset-context"
JSON_LD_LINK = f'<{CONTEXT}>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"'

_SHORT_TAG = re.compile(r"([A-Za-z]{2})(?:-[A-Za-z]{4})?(?:-([A-Za-z]{2}))?(?:-.*)?$")


def to_json(levels: Sequence[Level]) -> dict[str, Any]:
    """The linkset: one context object a level, most granular first; a level without links is left out.

    The first level, the code's own, stays in any case: a client looks for its anchor.
    """
    shown = [level for position, level in enumerate(levels) if position == 0 or level.links]
    return {"linkset": [_context_object(level) for level in shown]}


def _context_object(level: Level) -> dict[str, Any]:
    document: dict[str, Any] = {"anchor": level.anchor, "itemDescription": level.description}
    default = level.default
    if default is not None:
        # The standard allows the default link no attributes of choice: there is nothing to choose from.
        document[vocabulary.DEFAULT] = [{"href": default.href, "title": default.title}]
    for link in level.links:
        if link.link_type != vocabulary.DEFAULT:
            document.setdefault(link.link_type, []).append(link_object(link))
    return document


def link_object(link: Link) -> dict[str, Any]:
    """One target object, with no other members than the published schema knows."""
    document: dict[str, Any] = {"href": link.href, "title": link.title}
    tags = list(dict.fromkeys(filter(None, map(short_tag, link.hreflang))))
    if link.media_type is not None:
        document["type"] = link.media_type
    if tags:
        document["hreflang"] = tags
    if link.context:
        document["context"] = list(link.context)
    if not link.forwards_query:
        document["fwqs"] = False
    if link.roles:
        document["public"] = False
    return document


def short_tag(tag: str) -> str | None:
    """A language tag as the published schema takes it: ``zh`` or ``zh-CN``; None for what has no such form."""
    match = _SHORT_TAG.match(tag)
    if match is None:
        return None
    language, region = match[1].lower(), match[2]
    return f"{language}-{region.upper()}" if region else language


def to_text(levels: Sequence[Level]) -> str:
    """The linkset as ``application/linkset`` (RFC 9264, section 4.1): a Link field value, with line breaks."""
    lines = []
    for context in to_json(levels)["linkset"]:
        for relation, targets in context.items():
            if relation in ("anchor", "itemDescription"):
                continue
            lines += [_field(target, relation, context["anchor"]) for target in targets]
    return ",\n".join(lines) + "\n"


def _field(target: Mapping[str, Any], relation: str, anchor: str) -> str:
    parts = [f"<{target['href']}>", f'rel="{relation}"', f'anchor="{anchor}"']
    if "type" in target:
        parts.append(f'type="{target["type"]}"')
    parts += [f'hreflang="{tag}"' for tag in target.get("hreflang", ())]
    parts.append(_title(target["title"]))
    return "; ".join(parts)


def _title(title: str) -> str:
    if title.isascii() and '"' not in title and "\\" not in title:
        return f'title="{title}"'
    encoded = "".join(chr(byte) if chr(byte).isalnum() and byte < 128 else f"%{byte:02X}" for byte in title.encode())
    return f"title*=UTF-8''{encoded}"


def link_field(address: str, relation: str, **attributes: str) -> str:
    """One value of a Link header (RFC 8288), every parameter in double quotes."""
    return "; ".join([f"<{address}>", f'rel="{relation}"', *(f'{name}="{each}"' for name, each in attributes.items())])


def link_header(fields: Iterable[str]) -> str:
    """Several values as one Link header."""
    return ", ".join(fields)
