"""Benign causes: what else may have caused what a rule saw, in Chinese and English. Pure.

The English words are those of the rules' cards; a test keeps both equal.
"""

from collections.abc import Mapping

from schemas import assessed
from schemas.evidence import Clue
from schemas.explain.rule_sentences import Sentence

_TRAVELLED = Sentence(zh="买家出行或送礼（购饮分离）", en="the buyer travelled, or sent a gift")
_ALLOWED = Sentence(zh="厂家允许的网上销售", en="an online sale that the maker allowed")
_CHEAP = Sentence(
    zh="促销、二手转让，或输错了价格或单位", en="a promotion, second-hand goods, or a slip in typing the price"
)
_MISTAKEN = Sentence(
    zh="消费者看错、被查询结果吓到，或竞争者的举报", en="a buyer who is mistaken or alarmed, or a competitor's report"
)
_PASSED_ON = Sentence(zh="一条错误的链接被转发", en="a link to a wrong address that was passed on")

BENIGN_OF_RULE: Mapping[str, tuple[Sentence, ...]] = {
    "forged_code": (
        Sentence(zh="标签受损或误读", en="a damaged or badly read label"),
        Sentence(zh="网址被改写", en="a rewritten URL"),
        Sentence(zh="其他系统改变了大小写", en="a case change that another system introduced"),
    ),
    "aggregation_break": (
        Sentence(zh="没有人上报的拆箱", en="an unpacking that nobody reported"),
        Sentence(zh="包装没有带着这件商品继续运输", en="a container that went on without the unit"),
        Sentence(zh="装箱时装错了另一件", en="a unit that was packed in another's place"),
    ),
    "late_return": (
        Sentence(zh="保修退货", en="a warranty case"),
        Sentence(zh="退货中心或厂家代门店收回", en="a returns centre, or the maker, that takes back for the shop"),
        Sentence(zh="门店换了主人", en="a shop that changed hands"),
    ),
    "received_twice": (
        Sentence(zh="没有读到的发货或退货", en="a shipment or a return that no reader saw"),
        Sentence(zh="盘点被当作收货上报", en="a stock-taking that is reported as receiving"),
    ),
    "displaced_reader": (
        Sentence(zh="地点登记有误", en="a site that is registered at the wrong place"),
        Sentence(zh="手持设备在路上使用", en="a handheld reader that is used on the road"),
        Sentence(zh="设备随门店搬迁", en="a reader that moved with its shop"),
    ),
    "printed_forgery": (
        Sentence(zh="陈列品的标签受损", en="a damaged label of a display unit"),
        _PASSED_ON,
        Sentence(zh="一个人有两部手机、两个网络", en="somebody with two phones and two networks"),
    ),
    "forged_wave": (
        Sentence(zh="一批标签印错了", en="a misprinted batch of labels"),
        Sentence(zh="某个应用改坏了网址", en="an app that garbles the address"),
        _PASSED_ON,
    ),
    "unregistered_unit": (
        Sentence(zh="数据库从旧备份恢复", en="a store restored from an old back-up"),
        Sentence(
            zh="批次登记在使用相同密钥的另一套系统中",
            en="a batch registered on another installation with the same keys",
        ),
    ),
    "before_commissioning": (
        Sentence(zh="赋码启用报告迟到或范围太小", en="a commissioning report that is late or covers too small a range"),
        Sentence(zh="在工厂外做产线测试", en="line tests outside the plant"),
    ),
    "after_end": (
        Sentence(zh="误报了另一件商品的销毁", en="the wrong unit was reported destroyed"),
        Sentence(zh="有人好奇扫了留作样品的码", en="a curious look at a code kept as a sample"),
    ),
    "second_sale": (
        Sentence(zh="收银机在十分钟之后重试", en="a till that retries after more than ten minutes"),
        Sentence(zh="没有人报告的退货", en="a return that nobody reported"),
        Sentence(zh="店铺之间调货", en="lending between shops"),
    ),
    "recalled_seen": (
        Sentence(
            zh="门店今天才用今天的时间上报昨天的销售",
            en="a shop that reports yesterday's sales today with today's time",
        ),
    ),
    "expired_seen": (Sentence(zh="批次登记的日期有误", en="a wrong date in the batch's registration"),),
    "impossible_travel": (
        Sentence(zh="读码设备的时钟误差大于它所承认的", en="a reader whose clock is off by more than it admits"),
        Sentence(zh="使用虚拟专用网的手机给出了看似精确的位置", en="a phone behind a VPN that claims to be precise"),
    ),
    "off_territory": (
        Sentence(zh="买家出行或送礼（购饮分离）", en="the buyer travelled, or sent a gift"),
        Sentence(zh="边界城镇的店铺", en="a shop in a border town"),
        Sentence(zh="销售区域登记有误", en="a wrong territory"),
    ),
    "lane_excess": (
        Sentence(zh="节假日让许多人流向同一地方", en="a holiday that moves many people one way"),
        Sentence(zh="销售区域登记有误", en="a wrong territory"),
        Sentence(zh="厂家允许的网上销售", en="an online sale that the maker allowed"),
    ),
    Clue.PAIR_MISMATCH.value: (Sentence(zh="两件商品放在同一张桌上", en="two packs on one table"),),
    Clue.COUNTER_BACK.value: (
        Sentence(zh="网络延迟使消息乱序到达", en="messages that a slow network delivered out of order"),
    ),
    Clue.ENUMERATION.value: (
        Sentence(zh="厂家自己或受其委托的人做的安全测试", en="a security test by the maker or on its behalf"),
        Sentence(zh="某个系统反复提交了印错的一批码", en="a system that presents a misprinted batch again and again"),
        Sentence(zh="许多人共用的一个网络出口", en="one exit to the Internet that many people share"),
    ),
    assessed.COPIED: (
        _TRAVELLED,
        Sentence(zh="一家人用几部手机扫码", en="a household with several phones"),
        Sentence(zh="码的照片被转发", en="a photo of the code that was passed on"),
        _MISTAKEN,
    ),
    assessed.DIVERTED: (_TRAVELLED, _ALLOWED, _CHEAP, _MISTAKEN),
    assessed.REFILLED: (
        Sentence(zh="收藏者或回收者", en="collectors and recycling"),
        Sentence(zh="家人又看了一次空瓶", en="a family that looks at the empty bottle again"),
        _MISTAKEN,
    ),
    assessed.LANE: (
        Sentence(zh="某地的节日让居民外出", en="a festival that moves the people of one town"),
        Sentence(zh="边界城镇", en="a border town"),
        _ALLOWED,
        _CHEAP,
    ),
    assessed.ROLL: (
        Sentence(zh="赋码启用报告迟到或范围太小", en="a commissioning report that is late or covers too small a range"),
        Sentence(zh="在工厂外做产线测试", en="line tests outside the plant"),
    ),
    assessed.DUMPING: (
        Sentence(zh="家庭或店铺把一箱货放得太久", en="a household or a shop that kept a case too long"),
        Sentence(zh="批次登记的日期有误", en="a wrong date in the batch's registration"),
    ),
    assessed.GUESSING: (
        Sentence(zh="破损的标签被反复扫描", en="a damaged label that is tried again and again"),
        Sentence(zh="有人在测试扫码设备", en="a tester of scanners"),
    ),
    assessed.CLOCK: (Sentence(zh="每次都同样迟到的上传", en="an upload that was late, and always by the same time"),),
    assessed.EARLY: (
        Sentence(zh="站点登记的位置有误", en="a site that is registered at the wrong place"),
        Sentence(zh="读码设备借给了别的站点", en="a reader that was lent to another site"),
    ),
    "foreign_claims": (
        Sentence(
            zh="合作伙伴的发货没有写明收货方，或还没有得到授权",
            en="a partner whose shipments name no destination, or who has no mandate yet",
        ),
        Sentence(zh="货物经由无人上报的途径到达", en="goods that came by a way that nobody reported"),
        Sentence(zh="读码设备登记在了错误的组织名下", en="a reader that was enrolled for the wrong organisation"),
    ),
    "sequence_conflict": (
        Sentence(zh="设备从备份恢复，忘记了用过的序号", en="a reader restored from a back-up that forgot its numbers"),
        Sentence(zh="两台设备使用了同一份密钥", en="two devices that hold one key"),
    ),
}
"""By rule its benign causes, the most usual first."""

UNKNOWN_CAUSE = (Sentence(zh="规则没有考虑到的正常情况", en="something ordinary that the rule did not think of"),)

BENIGN_CAUSES: Mapping[str, Sentence] = {
    "genuine": Sentence(zh="一切正常，纯属巧合", en="nothing is wrong: it came about by chance"),
    "travel": Sentence(zh="买家出行或送礼（购饮分离）", en="the buyer travelled, or sent a gift"),
    "cheap": _CHEAP,
    "mistaken": _MISTAKEN,
    "device_fault": Sentence(zh="读码设备的故障", en="a fault of a reader"),
    "device": Sentence(zh="读码设备的故障", en="a fault of a reader"),
    "late_upload": Sentence(zh="数据上传迟到", en="data that were uploaded late"),
    "shared_photo": Sentence(zh="有人公开了该码的照片", en="a photo of the code that somebody made public"),
    "benign": Sentence(zh="已知的正常模式", en="a known pattern that is harmless"),
}
"""Causes whose probability a finding's details may give (``posterior``), by their name there."""
