"""What a whole pass leaves for the time until the next: the context in which changed items are weighed alone. Pure.

A whole pass takes time in proportion to an owner's goods; what one item says in a known context does not. So a changed
item is weighed among the pools, limits and clocks that the last whole pass found, within a second; what it changes for
other items waits for the next whole pass, which starts from all evidence (ADR 19).
"""

from collections.abc import Sequence

from gateway.assess.conclusions import Assessed
from gateway.assess.goods import EvidenceGoods
from gateway.evidence.evidence_item import EvidenceItem
from gateway.evidence.model import Model
from gateway.evidence.scorer import EvidenceScorer, Failed, reraise
from schemas.finding import Finding


class Standing:
    """The context of an assessed owner's goods. It remembers no item: its size is that of the pools."""

    def __init__(self, assessed: Assessed, model: Model) -> None:
        whole = assessed.scorer
        self._owner_org, self._supply, self._model = assessed.owner_org, assessed.supply, model
        self._standards = whole.standards()
        self._faults = dict(whole.devices.faults)
        self._reports = {
            assessed.items[number].item_id: evidence for number, evidence in whole.pools.report_evidence.items()
        }
        self._context = self._scorer(())
        self._context.adopt(whole)

    def _scorer(self, items: Sequence[EvidenceItem], failed: Failed = reraise) -> EvidenceScorer:
        goods = EvidenceGoods(items, self._supply, self._faults)
        return EvidenceScorer(self._supply.network, goods, self._model, failed=failed)

    def findings(self, items: Sequence[EvidenceItem], failed: Failed = reraise) -> list[Finding]:
        """The findings about these items, each weighed in this context. No lane, roll or reader is judged anew."""
        genuine = sorted((item for item in items if item.known), key=lambda item: item.item_id)
        scorer = self._scorer(genuine, failed)
        reported = {
            number: self._reports[item.item_id] for number, item in enumerate(genuine) if item.item_id in self._reports
        }
        now = max((scan.at for item in genuine for scan in item.evidence.scans), default=0)
        scorer.weigh_among(self._context, self._standards, reported, range(len(genuine)), now)
        return Assessed(self._owner_org, genuine, self._supply, scorer).findings()
