"""The leak-source report as people read it: sentences, a ranking, a map. Pure."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from markupsafe import Markup

from resolver.consumer.itinerary import Place
from resolver.consumer.map import draw
from resolver.text.formats import Language, Name
from resolver.text.pages import page_text
from schemas.explain.leak_sentences import TIERS, Site, percent, sentences
from schemas.geodesy import Position

MAX_ON_MAP = 6
MAX_SUSPECTS_SHOWN = 10
_RADIUS_M = 1_000.0


@dataclass(frozen=True, slots=True)
class LeakCase:
    """A case: how far it has got, how many members it has, and how many of them are codes of the report."""

    case_id: str
    state: str
    members: int
    suspects: int


@dataclass(frozen=True, slots=True)
class LeakReport:
    """One report with the names in it. ``numbers`` are as the gateway computed them."""

    owner_org: str
    gtin: str
    product: Name
    numbers: Mapping[str, Any]
    names: Mapping[str, Site]
    cases: tuple[LeakCase, ...] = ()
    """The cases that its codes are members of, that with the most of them first."""

    def to_json(self) -> dict[str, Any]:
        """The report for programs: the numbers, and the sentences in both languages."""
        return {
            "owner_org": self.owner_org,
            "gtin": self.gtin,
            "product": {"zh": self.product.zh, "en": self.product.en},
            **self.numbers,
            "cases": [asdict(case) for case in self.cases],
            "ranked": [site | {"name": self._name(site["site"])} for site in self.numbers["ranked"]],
            "sentences": [sentence.to_json() for sentence in sentences(self.numbers, self.names)],
        }

    def lines(self, language: Language) -> list[str]:
        """The sentences in one language."""
        lines = sentences(self.numbers, self.names)
        return [line.zh if language == "zh" else line.en for line in lines]

    def ranking(self, language: Language) -> list[dict[str, Any]]:
        """The sites, most likely first, as rows of a table."""
        rows = []
        for rank, ranked in enumerate(self.numbers["ranked"], 1):
            tier, name = TIERS[ranked["tier"]], self._name(ranked["site"])
            rows.append(
                {
                    "rank": rank,
                    "name": name[language],
                    "tier": tier.zh if language == "zh" else tier.en,
                    "share": getattr(percent(ranked["probability"]), language).strip(),
                    "passed": f"{ranked['suspects']} / {self.numbers['codes']}",
                    "credible": ranked["site"] in self.numbers["credible"],
                }
            )
        return rows

    def suspects(self) -> list[Mapping[str, Any]]:
        """The codes on which it rests, the surest first."""
        return list(self.numbers["suspects"][:MAX_SUSPECTS_SHOWN])

    def map(self, language: Language) -> Markup:
        """The most likely sites; the first one stands out."""
        places = []
        for rank, ranked in enumerate(self.numbers["ranked"][:MAX_ON_MAP], 1):
            name = self._name(ranked["site"])
            where = Position(ranked["latitude"], ranked["longitude"], _RADIUS_M)
            places.append(
                Place(str(rank), "conflict" if rank == 1 else "step", where, Name(en=name["en"], zh=name["zh"]))
            )
        described = "; ".join(f"{row['rank']} {row['name']} {row['share']}" for row in self.ranking(language))
        title = page_text("leak.map", language, {"count": len(places)})
        return draw(places, (), language=language, title=title, description=described)

    def _name(self, site: str) -> dict[str, str]:
        named = self.names.get(site)
        if named is None:
            return {"zh": site, "en": site}
        return {"zh": named.name_zh or named.name, "en": named.name or named.name_zh}
