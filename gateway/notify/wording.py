"""Subject and body of an e-mail about a notice, in Chinese and in English. Pure."""

from schemas.explain.explanation import Explanation
from schemas.notice import Notice

_KINDS = {
    "forged": ("伪造的码", "forged code"),
    "unknown": ("未登记的码", "unregistered code"),
    "early": ("启用之前出现", "seen before commissioning"),
    "copied": ("疑似复制的码", "copied code suspected"),
    "ended": ("终结之后出现", "seen after its end"),
    "diverted": ("疑似窜货", "diversion suspected"),
    "recalled": ("召回商品仍在销售", "recalled goods on sale"),
    "expired": ("过期商品仍在销售", "expired goods on sale"),
    "guessed": ("有人在猜码", "guessing of serials"),
    "device": ("读码设备故障", "reader fault"),
    "rule": ("规则状态", "standing of a rule"),
    "key": ("密钥", "keys"),
}
_CHANGES = {
    "opened": ("新的预警", "New alert"),
    "evidence": ("证据有变化", "Evidence changed"),
    "state": ("案件状态改变", "Case moved on"),
    "escalated": ("案件已上报监管部门", "Case escalated to the authority"),
    "closed": ("案件已关闭", "Case closed"),
    "reopened": ("案件重新打开", "Case opened again"),
    "appealed": ("被指一方提出申诉", "An appeal was filed"),
    "decided": ("申诉有了结果", "An appeal was decided"),
    "rule": ("规则状态改变", "A rule's standing changed"),
    "key": ("密钥有变动", "A key was changed"),
}


def subject_line(notice: Notice, language: str) -> str:
    """The subject line: what changed, and the suspected cause."""
    which = 0 if language == "zh" else 1
    change = _CHANGES.get(notice.change, (notice.change, notice.change))[which]
    kind = _KINDS.get(notice.kind, (notice.kind, notice.kind))[which]
    return f"[溯源] {change}：{kind}" if language == "zh" else f"[Suyuan] {change}: {kind}"


def body_text(notice: Notice, explanation: Explanation, language: str) -> str:
    """The body: what changed, the facts by which to find the case, and the explanation."""
    case = "-" if notice.case_id is None else str(notice.case_id)
    if language == "zh":
        facts = [
            f"对象：{notice.subject}",
            f"案件：{case}",
            f"状态：{notice.state or '-'}",
            f"有效证据：{notice.findings} 项",
            *_members_zh(notice),
            *([f"原因：{notice.reason}"] if notice.reason else []),
            f"时间：{notice.at.isoformat()}",
        ]
    else:
        facts = [
            f"About: {notice.subject}",
            f"Case: {case}",
            f"State: {notice.state or '-'}",
            f"Standing findings: {notice.findings}",
            *_members_en(notice),
            *([f"Reason: {notice.reason}"] if notice.reason else []),
            f"Time: {notice.at.isoformat()}",
        ]
    why = explanation.lines(language)
    return "\n".join([subject_line(notice, language), "", *facts, *(["", *why] if why else []), ""])


def _members_zh(notice: Notice) -> list[str]:
    more = f"，新增 {notice.more} 个" if notice.more else ""
    return [f"涉及对象：{notice.members} 个{more}"] if notice.members > 1 else []


def _members_en(notice: Notice) -> list[str]:
    more = f", {notice.more} more" if notice.more else ""
    return [f"Concerns: {notice.members} items or lanes{more}"] if notice.members > 1 else []
