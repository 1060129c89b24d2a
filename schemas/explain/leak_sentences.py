"""The leak-source report (犯罪源头): where copied codes leak, told in Chinese and English. Pure.

The gateway computes the numbers, as JSON; the resolver shows them. Both use the same member names, which are here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from schemas.explain.rule_sentences import Sentence

TIERS: Mapping[str, Sentence] = {
    "plant": Sentence(zh="工厂", en="plant"),
    "dc": Sentence(zh="配送中心", en="distribution centre"),
    "dealer": Sentence(zh="经销商", en="dealer"),
    "shop": Sentence(zh="门店", en="shop"),
}

ENOUGH_CODES = 3
"""With fewer copied codes a report says so: one code can't tell a shop from its dealer."""


@dataclass(frozen=True, slots=True)
class Site:
    """A site's name in both languages."""

    site_id: str
    name: str
    name_zh: str


def sentences(report: Mapping[str, Any], names: Mapping[str, Site]) -> list[Sentence]:
    """The report in words, the conclusion first."""
    ranked: Sequence[Mapping[str, Any]] = report["ranked"]
    codes, credible = report["codes"], report["credible"]
    top = ranked[0]
    found = [
        Sentence(
            zh=f"{codes} 个疑似被复制的码最可能从 {_zh(top['site'], names)}（{TIERS[top['tier']].zh}）泄露，"
            f"概率{percent(top['probability']).zh}；其中 {top['suspects']} 个经过那里。",
            en=f"{_copied(codes)} most likely leaked at {_en(top['site'], names)} ({TIERS[top['tier']].en}), with"
            f" probability {percent(top['probability']).en}; {top['suspects']} of them passed it.",
        ),
        Sentence(
            zh=f"90% 可信集合包含 {len(credible)} 个站点：{'、'.join(_zh(each, names) for each in credible)}。",
            en=f"The 90% credible set has {len(credible)} site{'s' if len(credible) != 1 else ''}:"
            f" {', '.join(_en(each, names) for each in credible)}.",
        ),
    ]
    if codes < ENOUGH_CODES:
        found.append(
            Sentence(
                zh=f"依据只有 {codes} 个码，结论还很弱：一个码分不清门店与它的经销商。",
                en=f"It rests on {codes} code{'s' if codes != 1 else ''} only and is weak: one code"
                " can't tell a shop from"
                " its dealer.",
            )
        )
    inspect = report.get("inspect")
    if inspect is not None:
        found.append(
            Sentence(
                zh=f"下一步最值得检查：{'、'.join(_zh(each, names) for each in inspect['sites'])}；"
                f"预计可消除 {inspect['share']:.0%} 的不确定性。",
                en="The best next inspection:"
                f" {', '.join(_en(each, names) for each in inspect['sites'])}; it is expected"
                f" to remove {inspect['share']:.0%} of what is uncertain.",
            )
        )
    found += _changes(report, names)
    return found


def percent(share: float) -> Sentence:
    """A probability in whole percent; nothing is ever certain, or impossible."""
    if share >= 0.995:
        return Sentence(zh="超过 99%", en="over 99%")
    if share < 0.005:
        return Sentence(zh="不到 1%", en="under 1%")
    return Sentence(zh=f" {share:.0%}", en=f"{share:.0%}")


def _copied(codes: int) -> str:
    return "One code that is probably copied" if codes == 1 else f"{codes} codes that are probably copied"


def _changes(report: Mapping[str, Any], names: Mapping[str, Site]) -> list[Sentence]:
    change = report.get("change")
    if change is None:
        return []
    fragile, codes = change["fragile"], report["codes"]
    without = Sentence(
        zh=f"现有的 {codes} 个码中，去掉其中 {fragile} 个的任何一个，结论就会改变。",
        en=f"leaving out one of the present codes changes it in {fragile} of {codes} cases.",
    )
    if not fragile:
        without = Sentence(
            zh="去掉任何一个现有的码，结论都不变。", en="leaving out any one of the present codes does not."
        )
    return [
        Sentence(
            zh=f"如果再有 {change['codes']} 个码经过 {_zh(change['site'], names)}"
            " 而不经过排在第一的站点，结论就会改变；"
            f"{without.zh}",
            en=f"{change['codes']} more code{'s' if change['codes'] != 1 else ''} that passed"
            f" {_en(change['site'], names)}"
            f" but not the first site would change the conclusion; {without.en}",
        )
    ]


def _zh(site: str, names: Mapping[str, Site]) -> str:
    known = names.get(site)
    return site if known is None else known.name_zh or known.name


def _en(site: str, names: Mapping[str, Site]) -> str:
    known = names.get(site)
    return site if known is None else known.name or known.name_zh
