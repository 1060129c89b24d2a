"""Links that the resolver itself adds to those that makers registered. Pure."""

from resolver.link import vocabulary
from resolver.link.choice import Link
from resolver.text.formats import Language

_STORY_TITLES: dict[Language, str] = {"en": "Is it genuine, and where has it been?", "zh": "验真伪，看来路"}
_VERDICT_TITLES: dict[Language, str] = {"en": "Verdict, signed", "zh": "带签名的查验结果"}
_PROVENANCE_TITLES: dict[Language, str] = {"en": "Provenance chain, signed", "zh": "带签名的溯源链"}


def unit_links(base_url: str, path: str, language: Language) -> list[Link]:
    """The page, the verdict and the provenance chain of the unit at ``path``."""
    query = f"{base_url}{path}?linkType="
    return [
        story_link(base_url, path, language),
        Link(
            vocabulary.VERIFICATION,
            f"{query}suyuan:verdict",
            _VERDICT_TITLES[language],
            media_type="application/json",
        ),
        Link(
            vocabulary.TRACEABILITY,
            f"{query}suyuan:provenance",
            _PROVENANCE_TITLES[language],
            media_type="application/json",
        ),
    ]


def story_link(base_url: str, path: str, language: Language) -> Link:
    """The page that tells a code's story: it speaks both languages, so that it needs no variants."""
    return Link(
        vocabulary.STORY,
        f"{base_url}/story{path}",
        _STORY_TITLES[language],
        hreflang=("zh", "en"),
        media_type="text/html",
        is_default=True,
    )
