"""Sentences for the findings of assessing: their evidence, and what would have kept them silent. Pure."""

from collections.abc import Callable, Mapping
from typing import Any

from schemas import assessed
from schemas.explain.rule_sentences import Details, RuleSentences, Sentence, lane

_TERMS: Mapping[str, tuple[str, str]] = {
    "distance": (
        "第一部看它的手机离当时的持有者 {km:.0f} 公里",
        "the first phone that looked at it was {km:.0f} km from its holder",
    ),
    "before_sale": (
        "它在 {km:.0f} 公里外被手机看到，而之后门店或收银机才看到它",
        "a phone {km:.0f} km away looked at it before a shop or till certainly had it",
    ),
    "another_handset": (
        "不像同一家庭的另一些手机也看过它，彼此最远 {km:.0f} 公里",
        "other phones, not of one household, looked at it too, up to {km:.0f} km apart",
    ),
    "another_unplaced": (
        "另一些网络的手机隔了几天也看过它，但不清楚它们当时在哪里",
        "phones of other networks looked at it too, days apart; where they were is hardly known",
    ),
    "impossible_travel": (
        "两部手机的距离和时间，任何交通工具都来不及",
        "two phones were farther apart than anything travels in the time",
    ),
    "second_sale": ("它被售出两次，中间没有退货", "it was sold twice with no return between"),
    "inner_code": ("盖内的码不属于它", "the code under its cap is not its own"),
    "inner_code_once": (
        "一个网络的手机说盖内的码不属于它",
        "phones of one network say that the code under its cap is not its own",
    ),
    "lane": (
        "同一经销商的许多商品在同一个外地市场被看到",
        "many goods of its dealer are looked at in the same foreign market",
    ),
    "dealer": (
        "该经销商的商品被陌生手机重复看到的次数异常多",
        "strangers' phones look at this dealer's goods unusually often",
    ),
    "after_opening": ("开封之后又有另一部手机在别处看它", "after it was opened another phone looked at it elsewhere"),
    "ring": (
        "同一场所开封的许多包装后来都在别处出现",
        "many packages opened at the same venue turn up elsewhere later",
    ),
    "reported": (
        "{reporters} 位消费者举报了它",
        "buyers reported it (people: {reporters})",
    ),
    "low_price": (
        "举报的价格只有该产品渠道中间价的 {share:.0%}",
        "the reported price is only {share:.0%} of what is usual for the product",
    ),
}

_UNMEASURED: Mapping[str, tuple[str, str]] = {
    "distance": ("第一部看它的手机不在持有者那里", "the first phone that looked at it was not where its holder was"),
    "before_sale": (
        "门店或收银机看到它之前，别处的手机已看到它",
        "a phone elsewhere looked at it before a shop or till certainly had it",
    ),
    "another_handset": (
        "不像同一家庭的另一些手机也看过它",
        "other phones, not of one household, looked at it too",
    ),
}
"""The same without a distance, where none is known."""


def _words(term: Mapping[str, Any]) -> tuple[str, str]:
    """What a term says, in Chinese and English, with its own numbers."""
    name = term["name"]
    zh, en = _TERMS[name] if "km" in term or name not in _UNMEASURED else _UNMEASURED[name]
    numbers = {
        "km": float(term.get("km", 0.0)),
        "reporters": int(term.get("reporters", 1)),
        "share": float(term.get("share", 1.0)),
    }
    return zh.format(**numbers), en.format(**numbers)


def _item(details: Details, _: int) -> RuleSentences:
    terms = [term for term in details.get("terms", ()) if term.get("name") in _TERMS]
    pieces = tuple(_term(term) for term in terms[:3])
    log_odds, limit = float(details.get("nats", 0.0)), float(details.get("limit", 0.0))
    if not pieces:
        pieces = (Sentence(zh=f"证据合计 {log_odds:.1f} 奈特。", en=f"The evidence adds up to {log_odds:.1f} nats."),)
    return RuleSentences(pieces, _silent(details, log_odds, limit))


def _term(term: Mapping[str, Any]) -> Sentence:
    zh, en = _words(term)
    return Sentence(
        zh=f"{zh}（证据强度 {term['nats']:.1f}）。",
        en=f"{en[0].upper()}{en[1:]} (strength {term['nats']:.1f}).",
    )


def _silent(details: Details, log_odds: float, limit: float) -> Sentence:
    names = [name for name in details.get("silent_without", ()) if name in _TERMS]
    if not names:
        return Sentence(
            zh=f"如果强度达不到 {limit:.1f}（现为 {log_odds:.1f}），就不会报警。",
            en=f"Below a strength of {limit:.1f} it is silent; it stands at {log_odds:.1f}.",
        )
    said = {term.get("name"): term for term in details.get("terms", ())}
    words = [_words(said.get(name, {"name": name})) for name in names]
    zh = "、且没有".join(f"“{text}”" for text, _ in words)
    en = ", nor that ".join(text for _, text in words)
    return Sentence(
        zh=f"如果没有{zh}，证据强度就低于 {limit:.1f}（现为 {log_odds:.1f}），就不会报警。",
        en=f"Were it not that {en}, the strength would stay below {limit:.1f} (it is {log_odds:.1f}), and it would be"
        " silent.",
    )


def _roll(details: Details, _: int) -> RuleSentences:
    lot, surfaced = details.get("lot", "?"), details.get("surfaced", 0)
    first, last = details.get("first", "?"), details.get("last", "?")
    return RuleSentences(
        (
            Sentence(
                zh=f"批次 {lot} 中有 {surfaced} 个从未报告生产的码被扫到。",
                en=f"{surfaced} codes of batch {lot} were looked at although their units were never reported as made.",
            ),
            Sentence(
                zh=f"它们的序号在 {first} 到 {last} 之间，相当于同一卷标签。",
                en=f"Their numbers lie between {first} and {last}: the length of one roll of labels.",
            ),
        ),
        Sentence(
            zh="如果这些码在此之前报告过赋码启用，或少于 3 个，就不会报警。",
            en="Had these units been commissioned before, or had there been fewer than 3, it would have been silent.",
        ),
    )


def _dumping(details: Details, _: int) -> RuleSentences:
    units, market = details.get("units", 0), details.get("market", "?")
    return RuleSentences(
        (
            Sentence(
                zh=f"{units} 件过期商品在一个月内在 {market} 首次被看到。",
                en=f"{units} units were first looked at after their date, within a month, in {market}.",
            ),
        ),
        Sentence(
            zh="如果不足 6 件，或分散在许多市场和批次，就不会报警。",
            en="Had they been fewer than 6, or spread over many markets and lots, it would have been silent.",
        ),
    )


def _guessing(details: Details, _: int) -> RuleSentences:
    probes = int(details.get("probes", 0))
    return RuleSentences(
        (
            Sentence(
                zh=f"一部手机在短时间内试了许多从未生成的码（共 {probes} 次尝试）。",
                en=f"One phone tried many codes that were never made in a short time ({probes} attempts in all).",
            ),
        ),
        Sentence(
            zh="如果十分钟内少于 20 个，一天内少于 10 个，就不会报警。",
            en="Had there been fewer than 20 within ten minutes and fewer than 10 in a day, it would have been silent.",
        ),
    )


def _clock(details: Details, _: int) -> RuleSentences:
    minutes = float(details.get("offset_s", 0.0)) / 60
    ahead = minutes > 0
    return RuleSentences(
        (
            Sentence(
                zh=f"读码设备的时钟{'快' if ahead else '慢'}了约 {abs(minutes):.0f} 分钟。",
                en=f"The reader's clock is about {abs(minutes):.0f} minutes {'ahead' if ahead else 'behind'}.",
            ),
            Sentence(
                zh="它打上的时间已校正，商品不因此受到怀疑。",
                en="The times that it stamped are put right; no goods are accused by it.",
            ),
        ),
        Sentence(
            zh="如果偏差在它所承认的误差加 5 分钟之内，就不会报警。",
            en="Had it been off by no more than it admits and five minutes, it would have been silent.",
        ),
    )


def _early(details: Details, _: int) -> RuleSentences:
    items = int(details.get("early_items", 0))
    return RuleSentences(
        (
            Sentence(
                zh=f"有 {items} 件商品到达该站点的速度超过任何交通工具。",
                en=f"{items} units came to the site faster than anything travels.",
            ),
        ),
        Sentence(zh="如果少于 3 件，就不会报警。", en="Had there been fewer than 3, it would have been silent."),
    )


ASSESSED_SENTENCES: Mapping[str, Callable[[Details, int], RuleSentences]] = {
    assessed.COPIED: _item,
    assessed.DIVERTED: _item,
    assessed.REFILLED: _item,
    assessed.LANE: lane,
    assessed.ROLL: _roll,
    assessed.DUMPING: _dumping,
    assessed.GUESSING: _guessing,
    assessed.CLOCK: _clock,
    assessed.EARLY: _early,
}
"""By rule: the details of a finding and its event time in microseconds, to words."""
