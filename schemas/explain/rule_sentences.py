"""Sentences for the findings of the rules: their evidence, and what would have kept them silent. Pure.

Every rule that can raise an alert has sentences here, in Chinese and English. What would have kept a rule silent is
computed from the numbers of the finding itself.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any

from schemas.evidence import GUESSES_TO_ALERT, Clue
from schemas.geodesy import least_travel_hours
from schemas.rule_thresholds import (
    BORDER_KM,
    CLAIMS_TO_ALERT,
    LATE_RETURN_DAYS,
    MIN_LANE_RATIO,
    MIN_LANE_SCANS,
    MIN_TRAVEL_KM,
    STRANGERS_DAYS,
    STRANGERS_NETWORKS,
)

Details = Mapping[str, Any]
_MICROSECONDS = 1_000_000
_DAY = 86_400 * _MICROSECONDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """One sentence in Chinese and in English."""

    zh: str
    en: str

    def to_json(self) -> dict[str, str]:
        """Both, by language."""
        return {"zh": self.zh, "en": self.en}


@dataclass(frozen=True, slots=True)
class RuleSentences:
    """A finding in words: its evidence, the strongest first, and what would have kept the rule silent."""

    evidence: tuple[Sentence, ...]
    silent_if: Sentence


def _forged(details: Details, _: int) -> RuleSentences:
    return RuleSentences(
        (
            Sentence(
                zh="该码不是用商品编码所有者的密钥生成的，无法凭空写出能通过校验的码。",
                en="The code was not made with the key of the GTIN's owner; a code that passes can't be made up.",
            ),
            Sentence(
                zh="两个互不相关的观察者读到了同一个假码，因此不是一次误读。",
                en="Two observers independent of each other read the same false code, so it was not one bad read.",
            ),
            Sentence(
                zh=f"校验结果：{details.get('proof', '不符')}。",
                en=f"Result of the check: {details.get('proof', 'false')}.",
            ),
        ),
        Sentence(
            zh="如果只有一个观察者读到过它，就只作为事实显示。",
            en="Had only one observer read it, it would have stayed a fact.",
        ),
    )


def _printed(details: Details, _: int) -> RuleSentences:
    networks, days = int(details.get("networks", 2)), int(details.get("days", 1))
    serials = "、".join(str(each) for each in details.get("serials", ())) or "-"
    silent_if = Sentence(
        zh="如果同一个假码只从一个网络、或只被同一部手机读到，就只计数，不报警。",
        en="Had one network or one phone alone read the same false code, it would only have been counted.",
    )
    if details.get("several"):
        return RuleSentences((_SEVERAL,), silent_if)
    return RuleSentences(
        (
            Sentence(
                zh=f"同一个从未签发的序列号被不同手机从 {networks} 个网络、在 {days} 天里读到：它印在了货物上。",
                en=f"One serial that was never issued was read by different phones from {networks} networks on {days}"
                " days: it is printed on goods.",
            ),
            Sentence(
                zh=f"当天确认的假码有 {details.get('found', 1)} 个，例如：{serials}。",
                en=f"False codes that were confirmed that day: {details.get('found', 1)}, such as"
                f" {serials.replace('、', ', ')}.",
            ),
        ),
        silent_if,
    )


def _wave(details: Details, _: int) -> RuleSentences:
    silent_if = Sentence(
        zh="如果读到假码的网络数量不超过平时的四倍，就视为标签受损或误读。",
        en="Had at most four times as many networks as usual read false codes, damaged labels would have explained it.",
    )
    if details.get("several"):
        return RuleSentences((_SEVERAL,), silent_if)
    networks, usual = int(details.get("networks", 0)), float(details.get("usual", 0.0))
    return RuleSentences(
        (
            Sentence(
                zh=f"一天之内至少 {networks} 个网络读到该产品从未签发的码，平时每天约 {usual:.1f} 个。",
                en=f"In one day at least {networks} networks read codes of this product that were never issued; usually"
                f" about {usual:.1f} do.",
            ),
        ),
        silent_if,
    )


_SEVERAL = Sentence(
    zh="当天出现假码的产品太多，不再逐一立案；各产品的数量见假码统计。",
    en="So many products had false codes that day that they share one case; the counts of false codes name them.",
)


def _unregistered(details: Details, _: int) -> RuleSentences:
    batch, index = details.get("batch_number", "?"), details.get("index", "?")
    revoked = bool(details.get("revoked"))
    return RuleSentences(
        (
            Sentence(
                zh=f"序列号由所有者的密钥封印，但批次 {batch} 中没有登记第 {index} 件。",
                en=f"The serial was sealed with the owner's key, but unit {index} of batch {batch} was"
                " never registered.",
            ),
            *((Sentence(zh="该批次已被撤销。", en="The batch was revoked."),) if revoked else ()),
        ),
        Sentence(
            zh=f"如果登记的批次 {batch} 有效且至少包含 {_plus_one(index)} 件，就不会提示。",
            en=f"Had a valid batch {batch} of {_plus_one(index)} units or more been registered, it would be silent.",
        ),
    )


def _plus_one(index: object) -> object:
    return index + 1 if isinstance(index, int) else index


def _early(details: Details, at: int) -> RuleSentences:
    since = details.get("commissioned_at")
    if not isinstance(since, int):
        return RuleSentences(
            (
                Sentence(
                    zh="在工厂之外被看到，而这件商品从未报告赋码启用。",
                    en="Seen outside the plant although the unit was never reported as commissioned.",
                ),
            ),
            Sentence(
                zh="如果在此之前报告过这件商品的赋码启用，就不会报警。",
                en="Had the unit's commissioning been reported for a time before that, it would have been silent.",
            ),
        )
    early = _span(since - at)
    return RuleSentences(
        (
            Sentence(
                zh=f"在工厂之外被看到，比它的赋码启用早 {early.zh}。",
                en=f"Seen outside the plant {early.en} before it was commissioned.",
            ),
        ),
        Sentence(
            zh=f"如果它晚 {early.zh}被看到，或赋码启用早报 {early.zh}，就不会报警。",
            en=f"Had it been seen {early.en} later, or been commissioned {early.en} earlier, it would"
            " have been silent.",
        ),
    )


def _after_end(details: Details, _: int) -> RuleSentences:
    ended_by = details.get("ended_by", "destroying")
    zh = {"destroying": "销毁", "decommissioning": "停用"}.get(str(ended_by), str(ended_by))
    return RuleSentences(
        (
            Sentence(
                zh=f"这件商品已报告{zh}，之后又被看到。",
                en=f"An end of the unit was reported ({ended_by}), and it was seen again after that.",
            ),
        ),
        Sentence(
            zh=f"如果没有报告过{zh}，或这次是在{zh}之前看到的，就不会报警。",
            en=f"Had no {ended_by} been reported, or had this sighting come before it, it would have been silent.",
        ),
    )


def _second_sale(details: Details, _: int) -> RuleSentences:
    first, second = details.get("first_at") or "?", details.get("second_at") or "?"
    return RuleSentences(
        (
            Sentence(
                zh=f"同一件商品先在 {first}、又在 {second} 售出，中间没有退货。",
                en=f"The same unit was sold at {first} and again at {second}, with no return between.",
            ),
        ),
        Sentence(
            zh="如果两次销售之间报告过退货或收货，或两次都来自同一收银点且相隔不到 10 分钟，就不会报警。",
            en="Had a return or a receipt been reported between the sales, or had both come from one till within"
            " 10 minutes, it would have been silent.",
        ),
    )


def _sold_since(what: Sentence) -> Callable[[Details, int], RuleSentences]:
    def sentences(details: Details, at: int) -> RuleSentences:
        since = details.get("since")
        late = _span(at - since) if isinstance(since, int) else Sentence(zh="一段时间", en="some time")
        where = details.get("read_point") or "?"
        return RuleSentences(
            (
                Sentence(
                    zh=f"在{what.zh} {late.zh}之后仍在 {where} 售出。", en=f"Sold at {where} {late.en} after {what.en}."
                ),
            ),
            Sentence(
                zh=f"如果早 {late.zh}售出，就不会报警。",
                en=f"Had it been sold {late.en} earlier, it would have been silent.",
            ),
        )

    return sentences


_OBSERVERS = (
    Sentence(zh="两个不同的登记读码设备", en="Two enrolled readers"),
    Sentence(
        zh="一台登记读码设备和一部陌生人的手机（其位置未经核实）",
        en="An enrolled reader and a stranger's phone, whose place nobody vouches for,",
    ),
    Sentence(zh="两部陌生人的手机（其位置未经核实）", en="Two strangers' phones, whose places nobody vouches for,"),
)
"""By how many of the two are phones."""


def _travel(details: Details, _: int) -> RuleSentences:
    km, hours = float(details.get("km", 0)), float(details.get("hours", 0))
    least = float(details.get("least_hours", least_travel_hours(km)))
    nearer, later = max(0, ceil(km - reachable_km(hours) - 1e-6)), _hours(max(0.0, least - hours))
    phones = [who for who in details.get("observed_by", ()) if who == "phone"]
    who = _OBSERVERS[min(len(phones), 2)]
    return RuleSentences(
        (
            Sentence(
                zh=f"{who.zh}在相距至少 {km:.0f} 公里的两地看到同一个码（已扣除定位误差）。",
                en=f"{who.en} saw the same code at places at least {km:.0f} km apart, errors of position given away.",
            ),
            Sentence(
                zh=f"两次之间最多只有 {_hours(hours).zh}（已加上时钟误差）。",
                en=f"At most {_hours(hours).en} lay between, errors of the clocks added.",
            ),
            Sentence(
                zh=f"走完这段路最快也要 {_hours(least).zh}。",
                en=f"The fastest way between them takes {_hours(least).en}.",
            ),
        ),
        Sentence(
            zh=f"如果第二次看到的地点近 {nearer} 公里，或晚 {later.zh}，就不会报警。",
            en=f"Had the second sighting been {nearer} km nearer or {later.en} later, it would have been silent.",
        ),
    )


def reachable_km(hours: float) -> float:
    """The farthest certain distance in kilometres that the travel rule takes for possible within ``hours``."""
    low, high = 0.0, 25_000.0
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if least_travel_hours(middle) <= hours else (low, middle)
    return max(MIN_TRAVEL_KM, low)


def lane(details: Details, _: int) -> RuleSentences:
    """The sentences of a lane, for the rule ``lane_excess`` and for assessing alike."""
    observed, expected = details.get("observed", 0), float(details.get("expected", 0.0))
    scans, market = details.get("scans"), details.get("market", "?")
    dealer = details.get("dealer", "?")
    # Below this the rule is silent whatever the probability is; it may have been silent a little above it too.
    least = details.get("least_observed") or max(MIN_LANE_SCANS, ceil(MIN_LANE_RATIO * expected))
    ratio = f"{observed / expected:.0f}" if expected > 0 else "∞"
    pieces = [
        Sentence(
            zh=f"经销商 {dealer} 的商品在 {market} 首次被扫 {observed} 次，"
            f"而正常流动只能解释约 {expected:.1f} 次（{ratio} 倍）。",
            en=f"Goods of dealer {dealer} were first scanned in {market} {observed} times, where travel explains about"
            f" {expected:.1f} ({ratio} times as many).",
        )
    ]
    if isinstance(details.get("p"), int | float):
        pieces.append(
            Sentence(
                zh=f"纯属巧合的概率为 {details['p']:.1g}。",
                en=f"The probability of this by chance alone is {details['p']:.1g}.",
            )
        )
    if "networks" in details:
        networks, days = details["networks"], details.get("days", 0)
        pieces.append(
            Sentence(
                zh=f"这些扫码来自 {networks} 个网络，分布在相互间隔的 {days} 天；少于 {STRANGERS_NETWORKS} 个网络、"
                f"{STRANGERS_DAYS} 天的不作指控。",
                en=f"They came through {networks} networks on {days} days apart; fewer than {STRANGERS_NETWORKS}"
                f" networks on {STRANGERS_DAYS} days accuse nobody.",
            )
        )
    if details.get("low_prices"):
        low, prices = float(details["low_prices"]), float(details.get("prices", 0.0))
        pieces.append(
            Sentence(
                zh=f"那里消费者报告的 {prices:.0f} 个价格中有 {low:.0f} 个远低于渠道价（证据强度"
                f" {details.get('price_nats', 0.0):.1f}）。",
                en=f"Of {prices:.0f} prices that consumers reported there, {low:.0f} are far below the"
                " channel's (strength"
                f" {details.get('price_nats', 0.0):.1f}).",
            )
        )
    if scans:
        pieces.append(
            Sentence(
                zh=f"这占该经销商全部 {scans} 次首扫的 {observed / scans:.0%}。",
                en=f"That is {observed / scans:.0%} of the dealer's {scans} first scans.",
            )
        )
    return RuleSentences(
        tuple(pieces),
        Sentence(
            zh=f"如果在该市场的首扫少于 {least} 次，就不会报警。",
            en=f"Had there been fewer than {least} first scans in that market, it would have been silent.",
        ),
    )


def _off_territory(details: Details, _: int) -> RuleSentences:
    km = float(details.get("km", 0))
    return RuleSentences(
        (
            Sentence(
                zh=f"首次被消费者扫到的地点在销售区域之外 {km:.0f} 公里。",
                en=f"First scanned by a consumer {km:.0f} km outside the territory.",
            ),
        ),
        Sentence(
            zh=f"如果近 {max(0, ceil(km - BORDER_KM))} 公里，就不会提示。",
            en=f"Had it been {max(0, ceil(km - BORDER_KM))} km nearer, it would have been silent.",
        ),
    )


def _pair(_: Details, __: int) -> RuleSentences:
    return RuleSentences(
        (
            Sentence(
                zh="包装外的码与包装内的码属于两件不同的商品。",
                en="The codes outside and inside the pack are of two units.",
            ),
        ),
        Sentence(
            zh="如果扫到的内外码属于同一件商品，就不会提示。",
            en="Had both codes been of one unit, it would have been silent.",
        ),
    )


def _counter(_: Details, __: int) -> RuleSentences:
    return RuleSentences(
        (
            Sentence(
                zh="芯片发出了一条从未出现过、却比已见过的更旧的消息：它是事先录下来的。",
                en="The tag gave a message, never presented before, that is older than one that was: it was recorded.",
            ),
        ),
        Sentence(
            zh="如果这条消息的计数大于已见过的计数，就不会报警。",
            en="Had the message's counter been above those that were seen, it would have been silent.",
        ),
    )


def _sequence(details: Details, _: int) -> RuleSentences:
    number = details.get("sequence", "?")
    return RuleSentences(
        (
            Sentence(
                zh=f"读码设备用同一个序号 {number} 发了两批内容不同的数据。",
                en=f"The reader used the sequence number {number} for two batches of different content.",
            ),
        ),
        Sentence(
            zh="如果两批内容完全相同（重发），或使用了新的序号，就不会报警。",
            en="Had both batches been the same bytes (a resend), or had the second had a new number, it would have been"
            " silent.",
        ),
    )


def _aggregation(details: Details, _: int) -> RuleSentences:
    km, container = float(details.get("km", 0.0)), details.get("container", "?")
    return RuleSentences(
        (
            Sentence(
                zh=f"单独出现在离其包装（{container}）{km:.0f} 公里以外；此前此后该包装都在别处，其间没有拆箱。",
                en=f"It was seen by itself {km:.0f} km from its container ({container}), which was elsewhere before and"
                " after, with no unpacking between.",
            ),
        ),
        Sentence(
            zh=f"如果其间有拆箱记录，或相距不到 {MIN_TRAVEL_KM:.0f} 公里，就不会记录。",
            en=f"With an unpacking between, or less than {MIN_TRAVEL_KM:.0f} km apart, it would have been silent.",
        ),
    )


def _late_return(details: Details, _: int) -> RuleSentences:
    days = float(details.get("days", 0.0))
    another = Sentence(zh="，且由另一家组织退回", en=", by another organisation than sold it")
    who = another if details.get("by_another") else Sentence(zh="", en="")
    return RuleSentences(
        (
            Sentence(
                zh=f"售出 {days:.0f} 天之后被退回{who.zh}，此后又可以再次销售。",
                en=f"It was returned {days:.0f} days after its sale{who.en}, and can be sold again.",
            ),
        ),
        Sentence(
            zh=f"如果由售出的组织在 {LATE_RETURN_DAYS} 天之内退回，就不会记录。",
            en=f"A return within {LATE_RETURN_DAYS} days by whoever sold it would have been silent.",
        ),
    )


def _received_twice(details: Details, _: int) -> RuleSentences:
    span, place = _hours(float(details.get("hours", 0.0))), details.get("read_point", "?")
    return RuleSentences(
        (
            Sentence(
                zh=f"在同一地点（{place}）相隔 {span.zh}两次收货，其间没有离开的记录。",
                en=f"It was received twice at {place}, {span.en} apart, and nothing took it away between.",
            ),
        ),
        Sentence(
            zh="如果其间有发货、售出或在别处出现的记录，就不会记录。",
            en="Had it been shipped, sold or seen elsewhere between, it would have been silent.",
        ),
    )


def _displaced(details: Details, _: int) -> RuleSentences:
    km, site = int(details.get("km", 0)), details.get("read_point", "?")
    return RuleSentences(
        (
            Sentence(
                zh=f"读码设备自称在 {site}，自身定位却在至少 {km} 公里以外。",
                en=f"The reader names {site}, and its own position is at least {km} km away.",
            ),
        ),
        Sentence(
            zh=f"如果相距不到 {MIN_TRAVEL_KM:.0f} 公里，就不会记录。",
            en=f"Within {MIN_TRAVEL_KM:.0f} km of its site it would have been silent.",
        ),
    )


def _claims(details: Details, _: int) -> RuleSentences:
    claims, day = details.get("claims", 0), details.get("day", "?")
    return RuleSentences(
        (
            Sentence(
                zh=f"该组织的读码设备在 {day}（协调世界时）对不在其手中的商品作了 {claims} 次陈述。",
                en=f"Readers of this organisation made {claims} statements on {day} (UTC) about goods that it does not"
                " have.",
            ),
            Sentence(
                zh="这些陈述只作为声称保留，不影响任何商品的结论。",
                en="They are kept as claims: no verdict on any goods follows from them.",
            ),
        ),
        Sentence(
            zh=f"如果当天不到 {CLAIMS_TO_ALERT} 次，或货物是发给它的，或它有授权，就不会报警。",
            en=f"Had there been fewer than {CLAIMS_TO_ALERT} that day, had the goods been shipped to it, or had it a"
            " mandate, it would have been silent.",
        ),
    )


def _guessing(details: Details, _at: int) -> RuleSentences:
    guesses, span = int(details["guesses"]), _span(int(details["seconds"]) * _MICROSECONDS)
    return RuleSentences(
        (
            Sentence(
                zh=f"一个网络在 {span.zh}内试了该产品至少 {guesses} 个并不存在的序列号。",
                en=f"One network tried at least {guesses} serials of this product that do not exist, within {span.en}.",
            ),
            Sentence(
                zh="序列号带有密钥校验，猜中一个的机会小于千亿分之一。",
                en="Serials carry a keyed check: the chance to guess one is less than one in a hundred"
                " thousand million.",
            ),
        ),
        Sentence(
            zh=f"如果它在五分钟内试的不到 {GUESSES_TO_ALERT} 个，就不会报警。",
            en=f"Fewer than {GUESSES_TO_ALERT} within five minutes would have raised no alert.",
        ),
    )


def _hours(hours: float) -> Sentence:
    if hours < 1:
        minutes = ceil(hours * 60)
        return Sentence(zh=f"{minutes} 分钟", en=f"{minutes} min")
    return Sentence(zh=f"{hours:.1f} 小时", en=f"{hours:.1f} h")


def _span(microseconds: int) -> Sentence:
    span = max(0, microseconds)
    if span >= 2 * _DAY:
        days = ceil(span / _DAY)
        return Sentence(zh=f"{days} 天", en=f"{days} days")
    return _hours(span / _MICROSECONDS / 3600)


RULE_SENTENCES: Mapping[str, Callable[[Details, int], RuleSentences]] = {
    "forged_code": _forged,
    "printed_forgery": _printed,
    "forged_wave": _wave,
    "unregistered_unit": _unregistered,
    "before_commissioning": _early,
    "after_end": _after_end,
    "second_sale": _second_sale,
    "recalled_seen": _sold_since(Sentence(zh="召回", en="its recall")),
    "expired_seen": _sold_since(Sentence(zh="过期", en="its best-before date")),
    "impossible_travel": _travel,
    "off_territory": _off_territory,
    "lane_excess": lane,
    Clue.PAIR_MISMATCH.value: _pair,
    Clue.COUNTER_BACK.value: _counter,
    Clue.ENUMERATION.value: _guessing,
    "sequence_conflict": _sequence,
    "aggregation_break": _aggregation,
    "late_return": _late_return,
    "received_twice": _received_twice,
    "displaced_reader": _displaced,
    "foreign_claims": _claims,
}
"""By rule: the details of a finding and its event time in microseconds, to words."""


def generic_sentences(rule: str, details: Details) -> RuleSentences:
    """The sentences of a rule that has none of its own: its numbers as they are."""
    numbers = [f"{name} = {value}" for name, value in details.items() if isinstance(value, int | float | str)][:4]
    shown = "; ".join(numbers) or "-"
    return RuleSentences(
        (Sentence(zh=f"规则 {rule} 的依据：{shown}。", en=f"Rule {rule} found: {shown}."),),
        Sentence(
            zh="如果这些数字低于该规则的门限，就不会报警。",
            en="Had these numbers stayed below the rule's limits, it would have been silent.",
        ),
    )
