"""A report about goods whose code nobody here issued: the word of a stranger about a product, never about a unit. Pure.

Whoever reports can make the code up, so that such reports are counted, in the budgets of false scans
(docs/detection.md#false-codes), and no verdict, finding or evidence comes of them.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from schemas.code import Checked

NO_PRODUCT = "-"
"""Stands for all GTINs that nobody registered: they are made up as cheaply as serials."""
OTHERS = "+"
"""Stands for all networks of a product's day beyond :data:`MAX_NETWORKS`."""
MAX_NETWORKS = 1000
"""Networks that are told apart for one product on one day."""
EXAMPLES_A_DAY, EXAMPLES_A_NETWORK = 20, 2
"""So many reports of a product's day are kept with their words, and so many of them from one network."""

WORDS_RETENTION = timedelta(days=30)
NETWORKS_RETENTION = timedelta(days=90)
DAYS_RETENTION = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class FalseCodeReport:
    """What a person reports. ``network``: its pseudonym of the day; ``at``: aware. Prices are in fen (0.01 yuan)."""

    checked: Checked
    network: str
    suspicion: str
    place: str
    price_fen: int | None
    remark: str
    at: datetime

    @property
    def owner_org(self) -> str:
        """Whose prefix the GTIN begins with; empty when nobody here has it."""
        return self.checked.org_id or ""

    @property
    def gtin(self) -> str:
        """The GTIN in the code (14 digits)."""
        return self.checked.item_id.split("/")[1]

    @property
    def day(self) -> date:
        """The day in UTC on which it counts."""
        return self.at.astimezone(UTC).date()


def reportable(checked: Checked) -> bool:
    """Whether the code names a unit of some product, whoever issued it: GTIN and serial."""
    key, _, rest = checked.item_id.partition("/")
    return key == "01" and "/21/" in rest
