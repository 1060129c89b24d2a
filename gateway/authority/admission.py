"""Admission: what a reader may not say at all, whatever the goods are. It is refused, event by event. Pure.

A reader speaks from its own organisation's sites, or from one that its owner has granted; and for whom it is enrolled.
"""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import NamedTuple

from gateway.authority.policy import Relation, Standing, standing
from gateway.authority.verb import verb_of
from gateway.message.decoding import CheckedEvent, ReaderProfile, VerifiedBatch
from schemas.event import Audience, Event
from schemas.receipt import Rejection

CLASS_OF_AUDIENCE = {Audience.CONSUMER: "kiosk", Audience.INSPECTOR: "inspector"}
"""The class that a reader needs to say that such a person looked. The other audiences are open to all."""


def named_sites(batches: Iterable[VerifiedBatch]) -> set[str]:
    """The read points that are named in any of the batches."""
    return {each.event.read_point for batch in batches for each in batch.events if each.event.read_point is not None}


class Admission(NamedTuple):
    """Whose the named sites are, and who may speak from those of others: pairs of site and organisation."""

    owners: Mapping[str, str]
    grants: AbstractSet[tuple[str, str]]

    def admit(self, batch: VerifiedBatch, reader: ReaderProfile) -> VerifiedBatch:
        """The batch with what is not admitted among its rejections, and its own site where none is named."""
        org_id, refused = batch.address.org_id, dict[int, Rejection]()
        changed = reader.site_id is not None
        for each in batch.events:
            rejection = self._refusal(org_id, reader, each)
            if rejection is not None:
                refused[each.position] = rejection
        if not refused and not changed:
            return batch
        events = tuple(_at_home(each, reader) for each in batch.events if each.position not in refused)
        rejections = sorted((*batch.rejections, *refused.values()), key=lambda each: each.position or 0)
        return replace(batch, events=events, rejections=tuple(rejections))

    def _refusal(self, org_id: str, reader: ReaderProfile, checked: CheckedEvent) -> Rejection | None:
        event = checked.event
        needed = CLASS_OF_AUDIENCE.get(event.audience)
        if needed is not None and (needed != reader.reader_class or _is_beyond_a_consumer(event)):
            said = f"{event.audience} by a reader of class {reader.reader_class}, {event.biz_step}"
            return Rejection(checked.position, "audience_not_allowed", said)
        site = event.read_point
        if site is not None and self.owners.get(site, org_id) != org_id and (site, org_id) not in self.grants:
            return Rejection(checked.position, "foreign_site", f"{site} is a site of {self.owners[site]}"[:200])
        return None


def _is_beyond_a_consumer(event: Event) -> bool:
    verb = verb_of(event.biz_step, event.disposition, event.action)
    return event.audience is Audience.CONSUMER and standing(verb, Relation.CONSUMER) is Standing.REFUSED


def _at_home(checked: CheckedEvent, reader: ReaderProfile) -> CheckedEvent:
    event = checked.event
    if event.read_point is not None or event.position is not None:
        return checked
    return checked._replace(event=replace(event, read_point=reader.site_id))
