"""Rules that others have, or that were asked for, and that are not here, with the reason (docs/rules.md). Pure."""

from typing import NamedTuple


class LeftOut(NamedTuple):
    """A rule that is not built: what it would say, and why it is left out."""

    what: str
    why: str


LEFT_OUT: tuple[LeftOut, ...] = (
    LeftOut(
        "The lot or date on a label is not the registered one",
        "A code carries GTIN and serial; lot and date are looked up by the serial, and a URI's further attributes are"
        " not signed: anybody who types one could raise it. Whoever holds the goods compares the label with the page.",
    ),
    LeftOut(
        "The address in a code is not the resolver's",
        "Any domain may carry a GS1 Digital Link, and brands use their own: without a register of an owner's domains"
        " every honest one would be found. The resolver never sees the visits of a foreign address.",
    ),
    LeftOut(
        "A serial of an unregistered batch, held for 72 hours before it alerts",
        "`unregistered_unit` is silent at any age, so that nothing has to be held back; a batch that is registered"
        " later takes the finding back with the unit's next event.",
    ),
    LeftOut(
        "Two organisations claim possession at once",
        "Custody passes by a shipment that is addressed and a receipt by whom it was addressed to; what any other"
        " organisation says is a claim, and changes no custody. Many claims are a finding about whoever makes them.",
    ),
    LeftOut(
        "Received without having been shipped, or shipped and never received",
        "At a read rate of 96.5 % one leg in fourteen lacks one of the two: alone it says nothing, and imputing the"
        " missed read needs rates per read point that are not kept yet. `received_twice` is the part that needs none;"
        " a receipt by an organisation to which nothing was addressed is a claim.",
    ),
    LeftOut(
        "A path that is unlikely as a whole",
        "Each new customer is an unlikely path, so that it would have to learn which are new and which are wrong. A"
        " Markov chain over paths is a baseline of the evaluation (B8), to compare with.",
    ),
    LeftOut(
        "A shipment that was too fast or too slow for its lane",
        "`early_arrivals` has what is faster than anything travels. Beyond that, times are reported by edge"
        " (`GET /api/v1/assessments?topic=transit`, with the bounds beyond which a shipment stands out) and no shipment"
        " is accused: late means congestion far more often than theft, and peers of the same week are not compared.",
    ),
    LeftOut(
        "More left a place than came in (mass balance)",
        "Missed receipts make most of the difference where goods are read by the case; it needs counts by site, product"
        " and lot with an interval from the site's own read rate, which no part keeps.",
    ),
    LeftOut(
        "Codes are scratched or hidden at one dealer; a dealer tries codes before they turn up elsewhere",
        "Nobody reports a code that can't be read, so that the share is unknown. Phones that scan many codes are left"
        " out of the evidence; which of them belong to a dealer is not registered.",
    ),
    LeftOut(
        "A reader's network is not its site's; two readers read one tag within seconds",
        "Readers' networks are not kept. `displaced_reader` compares positions instead, where a reader has one of its"
        " own. Cross-reads between neighbouring doors are duplicates of one place, and change no judgement.",
    ),
    LeftOut(
        "A read point reads less than it did",
        "It needs the rates of the flow through each read point over weeks. What falls silent altogether shows in the"
        " readers' health (`GET /api/v1/readers`).",
    ),
    LeftOut(
        "A storm of alerts from one source (retries)",
        "It can't arise: a finding's identity is a hash of rule, subject and evidence, so that a retry changes nothing,"
        " alerts of one cause are one incident, and false codes and guessing have a budget of cases.",
    ),
)
"""In the order of the catalogue that docs/detection.md follows."""
