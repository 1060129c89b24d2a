"""The rules of assessing: what many looks, phones and goods say together, concluded behind the transaction."""

COPIED = "copied_evidence"
DIVERTED = "diverted_evidence"
REFILLED = "refilled_evidence"
LANE = "lane_evidence"
ROLL = "label_roll"
DUMPING = "dumped_lot"
GUESSING = "code_guessing"
CLOCK = "reader_clock"
EARLY = "early_arrivals"

ASSESSED = frozenset({COPIED, DIVERTED, REFILLED, LANE, ROLL, DUMPING, GUESSING, CLOCK, EARLY})
"""All of them. Judging an item's history leaves their findings alone, and they leave those of the other rules alone."""
