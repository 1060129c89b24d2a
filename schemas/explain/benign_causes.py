"""Benign causes: what else may have caused what a rule saw, in Chinese and English. Pure.

The English words are those of the rules' cards; a test keeps both equal.
"""

from collections.abc import Mapping

from schemas import assessed
from schemas.evidence import Clue
from schemas.explain.rule_sentences import Sentence

_TRAVELLED = Sentence("买家出行或送礼（购饮分离）", "the buyer travelled, or sent a gift")
_ALLOWED = Sentence("厂家允许的网上销售", "an online sale that the maker allowed")
_CHEAP = Sentence("促销、二手转让，或输错了价格或单位", "a promotion, second-hand goods, or a slip in typing the price")
_MISTAKEN = Sentence(
    "消费者看错、被查询结果吓到，或竞争者的举报", "a buyer who is mistaken or alarmed, or a competitor's report"
)

BENIGN_OF_RULE: Mapping[str, tuple[Sentence, ...]] = {
    "forged_code": (
        Sentence("标签受损或误读", "a damaged or badly read label"),
        Sentence("网址被改写", "a rewritten URL"),
        Sentence("其他系统改变了大小写", "a case change that another system introduced"),
    ),
    "unregistered_unit": (
        Sentence("数据库从旧备份恢复", "a store restored from an old back-up"),
        Sentence(
            "批次登记在使用相同密钥的另一套系统中", "a batch registered on another installation with the same keys"
        ),
    ),
    "before_commissioning": (
        Sentence("赋码启用报告迟到或范围太小", "a commissioning report that is late or covers too small a range"),
        Sentence("在工厂外做产线测试", "line tests outside the plant"),
    ),
    "after_end": (
        Sentence("误报了另一件商品的销毁", "the wrong unit was reported destroyed"),
        Sentence("有人好奇扫了留作样品的码", "a curious look at a code kept as a sample"),
    ),
    "second_sale": (
        Sentence("收银机在十分钟之后重试", "a till that retries after more than ten minutes"),
        Sentence("没有人报告的退货", "a return that nobody reported"),
        Sentence("店铺之间调货", "lending between shops"),
    ),
    "recalled_seen": (
        Sentence(
            "门店今天才用今天的时间上报昨天的销售", "a shop that reports yesterday's sales today with today's time"
        ),
    ),
    "expired_seen": (Sentence("批次登记的日期有误", "a wrong date in the batch's registration"),),
    "impossible_travel": (
        Sentence("使用虚拟专用网的手机给出了看似精确的位置", "a phone behind a VPN that claims to be precise"),
        Sentence("读码设备的时钟误差大于它所承认的", "a reader whose clock is off by more than it admits"),
    ),
    "off_territory": (
        Sentence("买家出行或送礼（购饮分离）", "the buyer travelled, or sent a gift"),
        Sentence("边界城镇的店铺", "a shop in a border town"),
        Sentence("销售区域登记有误", "a wrong territory"),
    ),
    "lane_excess": (
        Sentence("节假日让许多人流向同一地方", "a holiday that moves many people one way"),
        Sentence("销售区域登记有误", "a wrong territory"),
        Sentence("厂家允许的网上销售", "an online sale that the maker allowed"),
    ),
    Clue.PAIR_MISMATCH.value: (Sentence("两件商品放在同一张桌上", "two packs on one table"),),
    Clue.COUNTER_BACK.value: (
        Sentence("网络延迟使消息乱序到达", "messages that a slow network delivered out of order"),
    ),
    Clue.ENUMERATION.value: (
        Sentence("厂家自己或受其委托的人做的安全测试", "a security test by the maker or on its behalf"),
        Sentence("某个系统反复提交了印错的一批码", "a system that presents a misprinted batch again and again"),
        Sentence("许多人共用的一个网络出口", "one exit to the Internet that many people share"),
    ),
    assessed.COPIED: (
        _TRAVELLED,
        Sentence("一家人用几部手机扫码", "a household with several phones"),
        Sentence("码的照片被转发", "a photo of the code that was passed on"),
        _MISTAKEN,
    ),
    assessed.DIVERTED: (_TRAVELLED, _ALLOWED, _CHEAP, _MISTAKEN),
    assessed.REFILLED: (
        Sentence("收藏者或回收者", "collectors and recycling"),
        Sentence("家人又看了一次空瓶", "a family that looks at the empty bottle again"),
        _MISTAKEN,
    ),
    assessed.LANE: (
        Sentence("某地的节日让居民外出", "a festival that moves the people of one town"),
        Sentence("边界城镇", "a border town"),
        _ALLOWED,
        _CHEAP,
    ),
    assessed.ROLL: (
        Sentence("赋码启用报告迟到或范围太小", "a commissioning report that is late or covers too small a range"),
        Sentence("在工厂外做产线测试", "line tests outside the plant"),
    ),
    assessed.DUMPING: (
        Sentence("家庭或店铺把一箱货放得太久", "a household or a shop that kept a case too long"),
        Sentence("批次登记的日期有误", "a wrong date in the batch's registration"),
    ),
    assessed.GUESSING: (
        Sentence("破损的标签被反复扫描", "a damaged label that is tried again and again"),
        Sentence("有人在测试扫码设备", "a tester of scanners"),
    ),
    assessed.CLOCK: (Sentence("每次都同样迟到的上传", "an upload that was late, and always by the same time"),),
    assessed.EARLY: (
        Sentence("站点登记的位置有误", "a site that is registered at the wrong place"),
        Sentence("读码设备借给了别的站点", "a reader that was lent to another site"),
    ),
    "sequence_conflict": (
        Sentence("设备从备份恢复，忘记了用过的序号", "a reader restored from a back-up that forgot its numbers"),
        Sentence("两台设备使用了同一份密钥", "two devices that hold one key"),
    ),
}
"""By rule its benign causes, the most usual first."""

UNKNOWN_CAUSE = (Sentence("规则没有考虑到的正常情况", "something ordinary that the rule did not think of"),)

BENIGN_CAUSES: Mapping[str, Sentence] = {
    "genuine": Sentence("一切正常，纯属巧合", "nothing is wrong: it came about by chance"),
    "travel": Sentence("买家出行或送礼（购饮分离）", "the buyer travelled, or sent a gift"),
    "cheap": _CHEAP,
    "mistaken": _MISTAKEN,
    "device_fault": Sentence("读码设备的故障", "a fault of a reader"),
    "device": Sentence("读码设备的故障", "a fault of a reader"),
    "late_upload": Sentence("数据上传迟到", "data that were uploaded late"),
    "shared_photo": Sentence("有人公开了该码的照片", "a photo of the code that somebody made public"),
    "benign": Sentence("已知的正常模式", "a known pattern that is harmless"),
}
"""Causes whose probability a finding's details may give (``posterior``), by their name there."""
