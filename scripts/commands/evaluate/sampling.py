"""Samples of what a judge says meanwhile: an alert that is taken back later has been raised all the same."""

from collections.abc import Mapping

from gateway.evidence.suspicion import SuspectedItem
from scripts.commands.evaluate.judge_protocol import Judge

DAYS_BETWEEN = 7


class AlertSamples:
    """Which items were at the level of alerts, and when first (microseconds of arrival). A sample costs time."""

    def __init__(self) -> None:
        self._raised: dict[int, int] = {}

    def sample(self, judge: Judge, now: int) -> None:
        """Note what is an alert now."""
        for alert in judge.findings():
            if alert.level == "alert" and isinstance(alert.subject, SuspectedItem):
                self._raised.setdefault(alert.subject.item, now)

    @property
    def raised(self) -> Mapping[int, int]:
        """By item the moment of the first sample in which it was an alert."""
        return self._raised
