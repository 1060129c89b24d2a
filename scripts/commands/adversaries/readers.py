"""A dealer's enrolled reader that lies about goods, places and people that are none of its own."""

from collections.abc import Sequence

from firmware_sim.adversary.crowd import Crowd
from firmware_sim.adversary.reader import HostileReader, Refusal
from schemas.event import Action, Audience, Event
from schemas.receipt import Receipt
from schemas.topics import Address
from scripts.commands.adversaries.attack import Attack, Play, needed
from scripts.commands.adversaries.stage import DAY_US, DEALER, DEPOT, HOUR_US, LAIR, MAKER, PLANT, SHOP, Stage, item_of
from scripts.system.fixtures import sscc_path


def _answered(answers: Sequence[Receipt | Refusal]) -> str:
    """What the gateway answered; an attack counts only when it was answered at all."""
    receipts = [answer for answer in answers if isinstance(answer, Receipt)]
    if not receipts:
        return f"refused: {answers[0]}"
    stored, rejected = sum(each.stored for each in receipts), sum(each.rejected for each in receipts)
    return f"{stored} stored, {rejected} rejected"


def _seen(stage: Stage, *codes: str) -> None:
    """A buyer scans each: what is wrong with goods that "ended" is that they are seen again."""
    for code in codes:
        needed(stage.scan(Crowd(1), code) == 1, "no scan was taken")


def _lie(stage: Stage, code: str, *steps: str, read_point: str = LAIR) -> str:
    start = stage.now - 5 * DAY_US
    events = [Event(code, start + n * HOUR_US, step, read_point=read_point) for n, step in enumerate(steps)]
    answers = stage.readers["mallory"].send(*events)
    _seen(stage, code)
    return _answered(answers)


def destroys(stage: Stage) -> Play:
    """It reports a unit of another maker's destroyed."""
    code = stage.unit()
    yield _lie(stage, code, "destroying")
    return stage.accusation(code)


def decommissions(stage: Stage) -> Play:
    """It reports a unit decommissioned."""
    code = stage.unit()
    yield _lie(stage, code, "decommissioning")
    return stage.accusation(code)


def sells_twice(stage: Stage) -> Play:
    """It sells a unit twice that it never had."""
    code = stage.unit()
    yield _lie(stage, code, "retail_selling", "retail_selling")
    return stage.accusation(code)


def sells_after_the_sale(stage: Stage) -> Play:
    """It sells a unit once that the dealer's shop has sold."""
    code = stage.unit()
    yield _lie(stage, code, "retail_selling")
    return stage.accusation(code)


def commissions_again(stage: Stage) -> Play:
    """It commissions a unit again, after its sale."""
    code = stage.unit()
    yield _lie(stage, code, "commissioning")
    return stage.accusation(code)


def packs_and_destroys(stage: Stage) -> Play:
    """It packs a hundred units into a case of its own and destroys the case."""
    codes = stage.units(100)
    case = stage.stack.base_url + sscc_path(4711)
    start = stage.now - 5 * DAY_US
    packing = Event(case, start, "packing", Action.ADD, read_point=LAIR, children=tuple(codes))
    ending = Event(case, start + HOUR_US, "destroying", read_point=LAIR)
    answers = stage.readers["mallory"].send(packing, ending)
    some = codes[0], codes[50], codes[99]
    _seen(stage, *some)
    yield _answered(answers)
    accused = [found for code in some if (found := stage.accusation(code))]
    return accused[0] if accused else ""


def steals_custody(stage: Stage) -> Play:
    """It ships a unit to itself, receives it, and sells it as its custodian."""
    code = stage.unit()
    start = stage.now - 5 * DAY_US
    answers = stage.readers["mallory"].send(
        Event(code, start, "shipping", read_point=LAIR, destination=LAIR),
        Event(code, start + HOUR_US, "receiving", read_point=LAIR),
        Event(code, start + 2 * HOUR_US, "retail_selling", read_point=LAIR),
    )
    yield _answered(answers)
    return stage.accusation(code)


def receives_what_was_sent_to_another(stage: Stage) -> Play:
    """It receives, at its own depot, a unit that was shipped to the dealer, and destroys it."""
    code = stage.unit()
    start = stage.now - 30 * DAY_US + HOUR_US
    answers = stage.readers["mallory"].send(
        Event(code, start, "receiving", read_point=LAIR), Event(code, start + HOUR_US, "destroying", read_point=LAIR)
    )
    _seen(stage, code)
    yield _answered(answers)
    return stage.accusation(code)


def speaks_for_anothers_depot(stage: Stage) -> Play:
    """It reports goods received at the dealer's depot, to make a lane of the dealer's."""
    code = stage.unit()
    answers = stage.readers["mallory"].send(Event(code, stage.now - 5 * DAY_US, "receiving", read_point=DEPOT))
    yield _answered(answers)
    said = stage.query(
        "SELECT count(*) FROM suyuan.event WHERE item_id = %s AND reader_org = 'mallory' AND read_point = %s",
        item_of(code),
        DEPOT,
    )[0][0]
    return f"{said} events at {DEPOT} were stored as said" if said else stage.accusation(code)


def invents_consumers(stage: Stage) -> Play:
    """It reports forty scans by consumers far from home, to make a lane of the dealer's."""
    codes = stage.units(40)
    events = [
        Event(
            code, stage.now - 5 * DAY_US, "inspecting", audience=Audience.CONSUMER, handset=f"{n:032x}", read_point=LAIR
        )
        for n, code in enumerate(codes)
    ]
    yield _answered(stage.readers["mallory"].send(*events))
    lanes = stage.query(
        "SELECT subject FROM suyuan.finding WHERE subject LIKE 'lane/%%' AND level = 'alert' AND withdrawn_at IS NULL"
    )
    scans = stage.query("SELECT count(*) FROM suyuan.first_scan WHERE item_id = ANY (%s)", [item_of(c) for c in codes])
    if lanes:
        return f"a lane is accused: {lanes[0][0]}"
    return f"{scans[0][0]} first scans were taken from it" if scans[0][0] else ""


def claims_to_be_a_plant(stage: Stage) -> Play:
    """It says that it stands in the maker's plant, so that goods seen too early raise no alert."""
    code = stage.unit()
    answers = stage.readers["mallory"].send(Event(code, stage.now - 50 * DAY_US, "inspecting", read_point=PLANT))
    yield _answered(answers)
    said = stage.query(
        "SELECT count(*) FROM suyuan.event WHERE item_id = %s AND reader_org = 'mallory' AND read_point = %s",
        item_of(code),
        PLANT,
    )[0][0]
    return f"{said} events at {PLANT} were stored as said" if said else ""


def sees_it_far_away(stage: Stage) -> Play:
    """It "inspects" a unit in Harbin an hour after its sale in Chengdu."""
    code = stage.unit()
    sold = stage.now - 10 * DAY_US
    yield _answered(stage.readers["mallory"].send(Event(code, sold + HOUR_US, "inspecting", read_point=LAIR)))
    return stage.accusation(code)


def sees_it_before_it_was_made(stage: Stage) -> Play:
    """It "inspects" a unit weeks before it was commissioned: stolen labels, it would seem."""
    code = stage.unit()
    yield _answered(stage.readers["mallory"].send(Event(code, stage.now - 55 * DAY_US, "inspecting", read_point=LAIR)))
    return stage.accusation(code)


def speaks_as_another_reader(stage: Stage) -> Play:
    """It posts what it signed under the dealer's reader's address."""
    code = stage.unit()
    mallory = stage.readers["mallory"]
    message = mallory.message(Event(code, stage.now - DAY_US, "destroying"))
    answer = mallory.post(message, Address(DEALER, "dealer-1"))
    yield str(answer)
    return "" if isinstance(answer, Refusal) else "the batch was taken"


def replays_a_captured_batch(stage: Stage) -> Play:
    """It sends an honest reader's batch a second time: a sale would be a second sale."""
    code = stage.unit()
    dealer = stage.readers["dealer"]
    message = dealer.message(Event(code, stage.now - 8 * DAY_US, "inspecting", read_point=SHOP))
    first = dealer.post(message)
    needed(dealer.post(message) == first, "the same bytes had another receipt")
    yield f"stored {getattr(first, 'stored', 0)}, and again the receipt of the first time"
    rows = stage.query(
        "SELECT count(*) FROM suyuan.event WHERE item_id = %s AND biz_step = 'inspecting'", item_of(code)
    )
    return "" if rows[0][0] == 1 else f"{rows[0][0]} events were stored"


def many_claims(stage: Stage) -> Play:
    """It says of fifty units of others' that they were destroyed: that is found about it, and not about the goods."""
    codes = stage.units(50)
    events = [Event(code, stage.now - 3 * DAY_US, "destroying", read_point=LAIR) for code in codes]
    answers = stage.readers["mallory"].send(*events)
    _seen(stage, codes[0])
    yield _answered(answers)
    about_it = stage.query(
        "SELECT 1 FROM suyuan.finding WHERE subject LIKE '%%mallory%%' AND withdrawn_at IS NULL AND level = 'alert'"
    )
    return stage.accusation(codes[0]) or ("" if about_it else "nothing is found about the organisation that lies")


def unknown_reader(stage: Stage) -> Play:
    """A reader that nobody enrolled destroys a unit in the maker's name."""
    code = stage.unit()
    stranger = HostileReader(stage.stack.capture_url, Address(MAKER, "line-9"))
    answers = stranger.send(Event(code, stage.now - DAY_US, "destroying"))
    yield _answered(answers)
    return "" if isinstance(answers[0], Refusal) else "the batch was taken"


ATTACKS: dict[str, Attack] = {
    "reader-destroys": destroys,
    "reader-decommissions": decommissions,
    "reader-sells-twice": sells_twice,
    "reader-sells-again": sells_after_the_sale,
    "reader-commissions": commissions_again,
    "reader-packs": packs_and_destroys,
    "reader-steals-custody": steals_custody,
    "reader-receives": receives_what_was_sent_to_another,
    "reader-foreign-depot": speaks_for_anothers_depot,
    "reader-invents-consumers": invents_consumers,
    "reader-claims-plant": claims_to_be_a_plant,
    "reader-far-away": sees_it_far_away,
    "reader-too-early": sees_it_before_it_was_made,
    "reader-as-another": speaks_as_another_reader,
    "reader-replays": replays_a_captured_batch,
    "reader-many-claims": many_claims,
    "reader-unknown": unknown_reader,
}
