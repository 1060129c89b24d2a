"""The texts of the leak-source page, in Chinese and English."""

LEAK = {
    "leak.title": ("犯罪源头：码从哪里泄露", "Leak source: where the codes come from"),
    "leak.lead": (
        "按疑似被复制的码在供应链上走过的路，推算它们最可能从哪个站点泄露。这是线索，不是定罪。",
        "From the ways that suspected codes took through the supply chain: where they most likely leaked. It is "
        "a lead, not a verdict.",
    ),
    "leak.token": ("访问令牌", "Access token"),
    "leak.token_hint": (
        "监管部门或品牌方的令牌；只用于这一次查看，并会记入查看日志。",
        "Of an authority or of the goods' owner. It is used for this one look, and an authority's look is logged.",
    ),
    "leak.show": ("查看报告", "Show the reports"),
    "leak.refused": ("这个令牌无效，或没有权限查看。", "This token is not valid, or may not see the reports."),
    "leak.none": ("目前没有足够的证据推断泄露源头。", "There is no evidence of a leak at present."),
    "leak.map": ("最可能泄露的 {count} 个站点", "The {count} most likely sites"),
    "leak.caption": ("数字是排名；突出的是最可能的站点。", "Numbers are ranks; the most likely site stands out."),
    "leak.ranking": ("站点排名", "Sites by probability"),
    "leak.rank": ("排名", "Rank"),
    "leak.site": ("站点", "Site"),
    "leak.tier": ("环节", "Tier"),
    "leak.share": ("概率", "Probability"),
    "leak.passed": ("经过的疑似码", "Suspected codes that passed"),
    "leak.credible": ("底色标出的站点构成 90% 可信集合。", "The shaded sites form the 90% credible set."),
    "leak.evidence": ("所依据的码与事件", "The codes and events behind it"),
    "leak.cases": ("相关案件", "Cases"),
    "leak.case": (
        "案件涉及 {members} 个对象，其中 {suspects} 个是本报告所依据的码",
        "{members} items or lanes, {suspects} of them codes that this report rests on",
    ),
    "case.state.new": ("新案件", "new"),
    "case.state.active": ("已受理", "active"),
    "case.state.investigating": ("调查中", "investigating"),
    "case.state.escalated": ("已上报监管部门", "escalated to the authority"),
    "case.state.closed": ("已关闭", "closed"),
    "leak.events": ("{count} 个事件", "{count} events"),
}
