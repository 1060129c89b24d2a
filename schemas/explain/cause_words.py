"""What the alerts of an incident have in common, in words. Pure."""

from collections.abc import Callable

from schemas.explain.rule_sentences import Sentence


def cause_words(common: str, members: int, leads: int) -> Sentence:
    """What they have in common, and how many they are.

    ``common``: the key that the gateway gave them (:mod:`gateway.incident.cause`). ``leads``: how many of the
    ``members`` are about the common cause itself (a lane, a roll, a market) instead of one unit.
    """
    word, *rest = common.split("/")
    of_word = _WORDS.get(word)
    if of_word is None or not rest:
        return Sentence(zh=f"共 {members} 项预警。", en=f"{members} alert{_s(members)}.")
    about = of_word(rest)
    units = members - leads
    parts = [(f"{leads} 条整体线索", f"{leads} about the whole")] if leads else []
    parts += [(f"{units} 个单件", f"{units} about one unit each")] if units else []
    zh, en = ("、".join(part[0] for part in parts), ", ".join(part[1] for part in parts))
    return Sentence(zh=f"{about.zh}：{zh}预警。", en=f"{about.en}: {members} alert{_s(members)}, {en}.")


def _s(count: int) -> str:
    return "" if count == 1 else "s"


def _dealer(rest: list[str]) -> Sentence:
    dealer = "/".join(rest[1:])
    return Sentence(zh=f"同一经销商（{dealer}）经手的货", en=f"Goods that one dealer had ({dealer})")


def _lot(rest: list[str]) -> Sentence:
    lot = "/".join(rest[2:])
    return Sentence(zh=f"同一批次（{lot}）", en=f"One lot ({lot})")


def _market(rest: list[str]) -> Sentence:
    return Sentence(zh=f"同一市场（{rest[-1]}）", en=f"One market ({rest[-1]})")


def _product(rest: list[str]) -> Sentence:
    gtin = rest[2] if len(rest) > 2 else rest[-1]
    return Sentence(zh=f"同一产品（{gtin}）", en=f"One product ({gtin})")


def _guesses(_: list[str]) -> Sentence:
    return Sentence(zh="同一时期的猜码", en="Guessing of codes at the same time")


def _reader(rest: list[str]) -> Sentence:
    return Sentence(zh=f"同一读码器（{'/'.join(rest)}）", en=f"One reader ({'/'.join(rest)})")


def _site(rest: list[str]) -> Sentence:
    return Sentence(zh=f"同一地点（{'/'.join(rest)}）", en=f"One site ({'/'.join(rest)})")


def _claims(rest: list[str]) -> Sentence:
    return Sentence(zh=f"同一机构（{rest[-1]}）的声明", en=f"Claims of one organisation ({rest[-1]})")


_WORDS: dict[str, Callable[[list[str]], Sentence]] = {
    "dealer": _dealer,
    "lot": _lot,
    "market": _market,
    "product": _product,
    "goods": _product,
    "guesses": _guesses,
    "reader": _reader,
    "site": _site,
    "claims": _claims,
}
