"""The cards of the rules of assessing: suspected cause, meaning, innocent causes. docs/rules.md comes from them."""

from gateway.rules.fold import Card
from schemas import assessed
from schemas.finding import Kind

CARDS: tuple[Card, ...] = (
    Card(
        assessed.COPIED,
        Kind.COPIED,
        "What all phones that looked at the unit say together is explained by copies, and by nothing honest that occurs"
        " more often than once in 10,000 units. Buyers' reports count a little, and never alone.",
        "the buyer travelled, or sent a gift; a household with several phones; a photo of the code that was passed on;"
        " a buyer who is mistaken or alarmed, or a competitor's report",
    ),
    Card(
        assessed.DIVERTED,
        Kind.DIVERTED,
        "The unit was first looked at far from home, in a market where its dealer's goods turn up by the case. Reports,"
        " and a price far below the product's, count a little, and never alone.",
        "the buyer travelled, or sent a gift; an online sale that the maker allowed; a promotion, second-hand goods, or"
        " a slip in typing the price; a buyer who is mistaken or alarmed, or a competitor's report",
    ),
    Card(
        assessed.REFILLED,
        Kind.COPIED,
        "The package was opened, and later another phone looked at it elsewhere: it may have been filled again.",
        "collectors and recycling; a family that looks at the empty bottle again; a buyer who is mistaken or alarmed,"
        " or a competitor's report",
    ),
    Card(
        assessed.LANE,
        Kind.DIVERTED,
        "A dealer's goods are looked at in one foreign market at least three times as often as the same days, distance"
        " and market explain for all dealers (false discovery rate 1 %). The members tell diversion from copies; prices"
        " far below the product's, from at least three buyers, make it believed sooner.",
        "a festival that moves the people of one town; a border town; an online sale that the maker allowed; a"
        " promotion, second-hand goods, or a slip in typing the price",
    ),
    Card(
        assessed.ROLL,
        Kind.EARLY,
        "At least three codes within a roll's length of one batch were looked at although their units were never made.",
        "a commissioning report that is late or covers too small a range; line tests outside the plant",
    ),
    Card(
        assessed.DUMPING,
        Kind.EXPIRED,
        "Units of one or two lots are first looked at after their date, within a month, in one market.",
        "a household or a shop that kept a case too long; a wrong date in the batch's registration",
    ),
    Card(
        assessed.GUESSING,
        Kind.FORGED,
        "One network, or one phone, tries codes that were never made, many of them in a short time.",
        "a damaged label that is tried again and again; a tester of scanners",
    ),
    Card(
        assessed.CLOCK,
        Kind.DEVICE,
        "A reader's events arrive before they happen, or all late by the same time: its clock is wrong. Its times are"
        " put right before goods are judged.",
        "an upload that was late, and always by the same time",
    ),
    Card(
        assessed.EARLY,
        Kind.DEVICE,
        "At least three units came to a site faster than anything travels, all clock bounds given away.",
        "a site that is registered at the wrong place; a reader that was lent to another site",
    ),
)
