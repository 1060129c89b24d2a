"""The leak-source report as people read it: sentences, a ranking, a map. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from resolver.consumer.itinerary import Place
from resolver.consumer.map import draw
from resolver.text.formats import Language, Name
from resolver.text.pages import page_text
from schemas.explain.leak_sentences import TIERS, Site, percent, sentences
from schemas.geodesy import Position

MOST_ON_MAP = 6
MOST_SUSPECTS_SHOWN = 10
_RADIUS_M = 1_000.0


@dataclass(frozen=True, slots=True)
class LeakReport:
    """One report with the names in it. ``numbers`` are as the gateway computed them."""

    owner_org: str
    gtin: str
    product: Name
    numbers: Mapping[str, Any]
    names: Mapping[str, Site]

    def to_json(self) -> dict[str, Any]:
        """It for programs: the numbers, and the sentences in both languages."""
        return {
            "owner_org": self.owner_org,
            "gtin": self.gtin,
            "product": {"zh": self.product.zh, "en": self.product.en},
            **self.numbers,
            "ranked": [each | {"name": self._name(each["site"])} for each in self.numbers["ranked"]],
            "sentences": [each.to_json() for each in sentences(self.numbers, self.names)],
        }

    def lines(self, language: Language) -> list[str]:
        """The sentences in one language."""
        texts = sentences(self.numbers, self.names)
        return [each.zh if language == "zh" else each.en for each in texts]

    def ranking(self, language: Language) -> list[dict[str, Any]]:
        """The sites, most likely first, as rows of a table."""
        rows = []
        for rank, each in enumerate(self.numbers["ranked"], 1):
            tier, name = TIERS[each["tier"]], self._name(each["site"])
            rows.append(
                {
                    "rank": rank,
                    "name": name[language],
                    "tier": tier.zh if language == "zh" else tier.en,
                    "share": getattr(percent(each["probability"]), language).strip(),
                    "passed": f"{each['suspects']} / {self.numbers['codes']}",
                    "credible": each["site"] in self.numbers["credible"],
                }
            )
        return rows

    def suspects(self) -> list[Mapping[str, Any]]:
        """The codes on which it rests, the surest first."""
        return list(self.numbers["suspects"][:MOST_SUSPECTS_SHOWN])

    def map(self, language: Language) -> Markup:
        """The most likely sites; the first one stands out."""
        places = []
        for rank, each in enumerate(self.numbers["ranked"][:MOST_ON_MAP], 1):
            name = self._name(each["site"])
            where = Position(each["latitude"], each["longitude"], _RADIUS_M)
            places.append(
                Place(str(rank), "conflict" if rank == 1 else "step", where, Name(en=name["en"], zh=name["zh"]))
            )
        described = "; ".join(f"{row['rank']} {row['name']} {row['share']}" for row in self.ranking(language))
        title = page_text("leak.map", language, {"count": len(places)})
        return draw(places, (), language=language, title=title, description=described)

    def _name(self, site: str) -> dict[str, str]:
        known = self.names.get(site)
        if known is None:
            return {"zh": site, "en": site}
        return {"zh": known.name_zh or known.name, "en": known.name or known.name_zh}
