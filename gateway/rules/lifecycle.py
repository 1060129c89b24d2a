"""Rules on the order of a unit's life: commissioned, sold, ended; recalled and expired."""

from collections.abc import Iterator

from gateway.rules.history import MICROSECONDS, History, Sighting, Unit, certainly_after
from gateway.rules.rule import Card, Rule, finding
from schemas.event import Audience
from schemas.finding import Finding, Kind, Level

_SALE = "retail_selling"
_ENDS = frozenset({"destroying", "decommissioning"})
_RETURNS = frozenset({"accepting", "receiving", "returned"})
_TILL_RETRY_US = 10 * 60 * MICROSECONDS
_TIME_ZONE_GRACE_US = 24 * 3600 * MICROSECONDS


def before_commissioning(unit: Unit, history: History) -> Iterator[Finding]:
    """The first sighting outside a plant, when it certainly precedes the unit's commissioning, or there is none."""
    if unit.batch is None or unit.index is None or unit.index >= unit.batch.quantity:
        return
    for sighting in history:
        if sighting.site_kind == "plant" or sighting.biz_step == "commissioning":
            continue
        if unit.commissioned_at is None or sighting.occurred_at + sighting.bound < unit.commissioned_at:
            yield finding(
                "before_commissioning",
                Kind.EARLY,
                Level.ALERT,
                unit,
                (sighting,),
                0.9,
                commissioned_at=unit.commissioned_at,
            )
        return


def after_end(unit: Unit, history: History) -> Iterator[Finding]:
    """Every sighting that certainly follows the unit's destruction or decommissioning."""
    end: Sighting | None = None
    for sighting in history:
        if end is not None and sighting.biz_step not in _ENDS and certainly_after(sighting, end):
            yield finding("after_end", Kind.ENDED, Level.ALERT, unit, (end, sighting), 0.95, ended_by=end.biz_step)
        elif end is None and sighting.biz_step in _ENDS:
            end = sighting


def second_sale(unit: Unit, history: History) -> Iterator[Finding]:
    """A sale after a sale with no return between; the same till within ten minutes is one sale told twice."""
    sold: Sighting | None = None
    for sighting in history:
        if sighting.biz_step == _SALE:
            retry = (
                sold is not None
                and sold.read_point == sighting.read_point
                and sighting.occurred_at - sold.occurred_at <= _TILL_RETRY_US
            )
            if sold is not None and not retry:
                yield finding(
                    "second_sale",
                    Kind.ENDED,
                    Level.ALERT,
                    unit,
                    (sold, sighting),
                    0.9,
                    first_at=sold.read_point,
                    second_at=sighting.read_point,
                )
            sold = sold if retry else sighting
        elif sighting.biz_step in _RETURNS or sighting.disposition in _RETURNS:
            sold = None


def recalled_seen(unit: Unit, history: History) -> Iterator[Finding]:
    """Seen after its batch was recalled: a fact for the holder, an alert when it was sold all the same."""
    if unit.batch is not None and unit.batch.recalled_at is not None:
        yield from _seen_since("recalled_seen", Kind.RECALLED, unit, history, unit.batch.recalled_at)


def expired_seen(unit: Unit, history: History) -> Iterator[Finding]:
    """Seen after its best-before date (and a day's grace for time zones): a fact, an alert when it was sold."""
    if unit.batch is not None and unit.batch.expires_at is not None:
        yield from _seen_since("expired_seen", Kind.EXPIRED, unit, history, unit.batch.expires_at + _TIME_ZONE_GRACE_US)


def _seen_since(rule: str, kind: Kind, unit: Unit, history: History, since: int) -> Iterator[Finding]:
    after = [sighting for sighting in history if sighting.occurred_at - sighting.bound > since]
    for sighting in after:
        if sighting.biz_step == _SALE:
            yield finding(rule, kind, Level.ALERT, unit, (sighting,), 0.95, since=since, read_point=sighting.read_point)
    looks = (sighting for sighting in after if sighting.audience is Audience.CONSUMER and sighting.biz_step != _SALE)
    looked = next(looks, None)
    if looked is not None:
        yield finding(rule, kind, Level.FACT, unit, (looked,), 1.0, since=since)


RULES = (
    Rule(
        Card(
            "before_commissioning",
            Kind.EARLY,
            "Seen outside the plant before the unit was commissioned: labels may have been stolen.",
            "a commissioning report that is late or covers too small a range; line tests outside the plant",
        ),
        before_commissioning,
    ),
    Rule(
        Card(
            "after_end",
            Kind.ENDED,
            "Seen again after the unit was destroyed or decommissioned.",
            "the wrong unit was reported destroyed; a curious look at a code kept as a sample",
        ),
        after_end,
    ),
    Rule(
        Card(
            "second_sale",
            Kind.ENDED,
            "Sold twice with no return between: one code on two objects, or a code scanned for another unit.",
            "a till that retries after more than ten minutes; a return that nobody reported; lending between shops",
        ),
        second_sale,
    ),
    Rule(
        Card(
            "recalled_seen",
            Kind.RECALLED,
            "Seen after the recall of its batch. An alert when it was sold.",
            "a shop that reports yesterday's sales today with today's time",
        ),
        recalled_seen,
    ),
    Rule(
        Card(
            "expired_seen",
            Kind.EXPIRED,
            "Seen after its best-before date. An alert when it was sold.",
            "a wrong date in the batch's registration",
        ),
        expired_seen,
    ),
)
