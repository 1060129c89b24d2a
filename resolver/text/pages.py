"""The pages' own texts, in Chinese and English: headings, fields, forms, problems, privacy."""

from collections.abc import Mapping

from resolver.text.formats import Language, Value
from resolver.text.leak import LEAK
from resolver.text.privacy import PRIVACY
from resolver.text.reasons import fill

SUSPICIONS = ("counterfeit", "tampered", "diverted", "expired", "quality", "other")
"""What a report may say that it suspects; ``suspicion.{slug}`` is its text."""

_STORY = {
    "brand": ("溯源", "Suyuan"),
    "brand.motto": ("一物一码", "one item, one code"),
    "skip": ("跳到结论", "Skip to the result"),
    "eyebrow": ("查验结果", "Result of the check"),
    "why": ("依据", "Why"),
    "also": ("另请留意", "Also good to know"),
    "observed": ("来源：{who}", "Source: {who}"),
    "confidence": ("把握：{words}", "How sure: {words}"),
    "confidence.certain": ("确定", "certain"),
    "confidence.strong": ("证据充分", "strong evidence"),
    "confidence.moderate": ("有一定依据", "some evidence"),
    "confidence.limited": ("依据有限", "limited evidence"),
    "next": ("接下来怎么做", "What to do next"),
    "recall": ("召回通知", "Recall notice"),
    "recall.lot": ("批次 {lot} 已于 {on} 被召回。", "Lot {lot} was recalled on {on}."),
    "recall.compare": (
        "批次印在包装上；其他批次不受影响。",
        "The lot is printed on the pack. Other lots are not affected.",
    ),
    "product": ("商品", "The item"),
    "product.name": ("名称", "Name"),
    "product.name_other": ("外文名", "Chinese name"),
    "product.maker": ("品牌方", "Maker"),
    "product.gtin": ("商品条码", "Product number"),
    "product.serial": ("序列号", "Serial number"),
    "product.lot": ("批次", "Lot"),
    "product.made": ("生产日期", "Made on"),
    "product.best_before": ("保质期至", "Best before"),
    "product.territory": ("销售地区", "Sales area"),
    "product.grade": ("码的等级", "Kind of code"),
    "grade.sealed": ("加密序列号", "sealed serial number"),
    "grade.signed": ("加密序列号和数字签名", "sealed serial number and digital signature"),
    "map": ("走过的路", "Where it has been"),
    "map.caption": (
        "数字是有记录的地点，按先后排列；圆圈是位置误差。消费者位置只显示到约 10 公里。",
        "Numbers are recorded places in order; circles show how uncertain a place is. Consumers are shown to 10 km "
        "only.",
    ),
    "map.caption_conflict": (
        "{places} 是相互矛盾的地点，虚线连着的两处，同一件商品不可能都到过。",
        "{places} contradict each other: one item cannot have been at both ends of a broken line.",
    ),
    "map.title": ("{count} 个有记录的地点的示意图", "Sketch map of {count} recorded places"),
    "map.title.one": ("1 个有记录的地点的示意图", "Sketch map of one recorded place"),
    "map.look": ("消费者查验", "consumer check"),
    "timeline": ("流通记录", "Its way so far"),
    "timeline.zone": ("时间均为北京时间（UTC+8）。", "All times are China time (UTC+8)."),
    "timeline.none": ("尚无流通记录。", "Nothing has been recorded on its way yet."),
    "timeline.more": (
        "另有 {count} 条更早的记录，见机器可读版本。",
        "{count} earlier records are in the machine-readable version.",
    ),
    "timeline.looks": ("消费者查验 {count} 次", "Checked {count} times by consumers"),
    "timeline.looks.one": ("消费者查验 1 次", "Checked once by a consumer"),
    "timeline.looks_first": ("首次", "First"),
    "timeline.looks_last": ("最近", "Latest"),
    "timeline.place": ("地点 {mark}", "Place {mark}"),
    "timeline.via": ("随外箱 {container}", "in container {container}"),
    "timeline.signed": ("读码器 {readers}，签名已核验", "Reader {readers}, signature checked"),
    "timeline.unsigned": ("读码器 {readers}，无签名记录", "Reader {readers}, no signature on record"),
    "timeline.nowhere": ("地点未记录", "Place not recorded"),
    "timeline.gap": ("缺口", "Gap"),
    "report": ("觉得不对？告诉我们", "Something wrong? Tell us"),
    "report.lead": (
        "您的举报会转给品牌方和监管部门作为线索，不会直接改变查验结果。无需注册，也请不要填写姓名和电话。",
        "Your report goes to the maker and the authorities as a lead; it does not change the result by itself. No "
        "account is needed; please leave out names and phone numbers.",
    ),
    "report.lead_false": (
        "这个码不是品牌方签发的，您的举报会按产品转给品牌方和监管部门作为线索。购买地点和价格最有用。"
        "无需注册，也请不要填写姓名和电话。",
        "Nobody issued this code, so your report goes to the maker and the authorities as a lead about the product. "
        "Where it was bought, and at what price, helps most. No account is needed; please leave out names and phone "
        "numbers.",
    ),
    "report.suspicion": ("您怀疑什么？", "What do you suspect?"),
    "suspicion.counterfeit": ("假冒商品", "A counterfeit"),
    "suspicion.tampered": ("包装或标签被动过", "Pack or label was tampered with"),
    "suspicion.diverted": ("不该在本地销售", "Should not be sold here"),
    "suspicion.expired": ("过期或改过日期", "Expired, or the date was changed"),
    "suspicion.quality": ("质量、气味或口味异常", "Quality, smell or taste is off"),
    "suspicion.other": ("其他", "Something else"),
    "report.place": ("在哪里购买的？（选填）", "Where was it bought? (optional)"),
    "report.place_hint": ("例如：武汉市某超市，或网店名称", "Such as a shop in Wuhan, or the name of an online shop"),
    "report.price": ("价格，元（选填）", "Price in yuan (optional)"),
    "report.remark": ("还有什么要说的？（选填）", "Anything else? (optional)"),
    "report.send": ("提交举报", "Send report"),
    "report.thanks": ("谢谢，您的举报已收到。", "Thank you, your report has been received."),
    "share.lead": (
        "愿意提供大致位置吗？同一个码短时间内出现在两地，往往就是这样发现假货的。",
        "Would you share roughly where you are? Copies are often found by one code turning up in distant places.",
    ),
    "share.button": ("提供大致位置，帮助发现假货", "Share my rough location to help find fakes"),
    "share.done": ("谢谢，已收到大致位置（约 3 公里）。", "Thank you. We kept your location to about 3 km."),
    "share.failed": ("没能获取或发送位置，不影响查验结果。", "Location was not available. The result is not affected."),
    "footer.about": (
        "一物一码：每件商品的码都不相同，只贴在这一件上。码由品牌方加密生成，谁都可以查验。",
        "One item, one code: every item carries a code of its own. It is made with the maker's keys, and anyone can "
        "check it.",
    ),
    "footer.limits": (
        "码可以被拍照复印。只出现过一次的复制品，任何扫码系统都看不出来。",
        "A code can be photographed and reprinted. A copy that was never scanned elsewhere shows in no system.",
    ),
    "privacy": ("这次扫码记录了什么", "What was recorded about this scan"),
    "privacy.what": (
        "扫码时间、这个码，以及两个加密摘要：本浏览器随机编号的（用来区分“同一部手机再次扫码”和“另一部手机扫码”，"
        "每个品牌、每个季度不同），和所用网络的（每季度更换）。没有姓名、电话、账号，不保存网络地址；位置最多由网络推知到约一百公里的地区，"
        "除非您点按钮同意。",
        "The time, this code, and two keyed digests: of a random number in this browser (it tells a second look by one "
        "phone from a look by another, and is another one for each maker and quarter), and of your network "
        "(another one every quarter). No name, number, account or address; at "
        "most the region that your network is in, to 100 km or more, unless you press the button.",
    ),
    "privacy.why": (
        "用途只有一个：发现被复制或窜货的码。",
        "It serves one purpose: to find codes that were copied or goods that were diverted.",
    ),
    "privacy.id": ("本次扫码编号", "Number of this scan"),
    "privacy.none": ("这次查看没有留下扫码记录。", "This look left no scan on record."),
    "json": ("机器可读版本（JSON）", "Machine-readable version (JSON)"),
    "other_language": ("English", "中文"),
    "verify": ("码的内容", "Content of the code"),
}

_LANDING = {
    "landing.title": ("查验一件商品", "Check an item"),
    "landing.lead": (
        "用手机相机扫商品上的二维码，就会打开它自己的页面：真伪、来历、是否召回。也可以在下面粘贴码的内容。",
        "Point your phone's camera at the code on the item. It opens the item's own page: is it genuine, where has it "
        "been, is it recalled. You can also paste the code below.",
    ),
    "landing.field": ("码的内容或网址", "Code or its address"),
    "landing.hint": (
        "形如 /01/09521234000013/21/序列号",
        "It looks like /01/09521234000013/21/serial",
    ),
    "landing.check": ("查验", "Check"),
    "landing.how": ("它怎样工作", "How it works"),
    "landing.how_1": (
        "品牌方为每一件商品生成一个加密的码。",
        "The maker gives every item a code of its own, sealed with a key.",
    ),
    "landing.how_2": (
        "出厂、发货、收货、售出，每一步都有签名记录。",
        "Each step from plant to shop is recorded and signed.",
    ),
    "landing.how_3": (
        "您扫码时，我们告诉您查到了什么，以及为什么。",
        "When you scan, we tell you what we found, and why.",
    ),
}

_OPENING = {
    "opening.eyebrow": ("内码（涂层码）", "Covert code, inside the pack"),
    "opening.pair": ("核对外码", "Compare with the code outside"),
    "opening.outer": ("包装外面的码", "The code outside the pack"),
    "opening.compare": ("核对", "Compare"),
    "opening.serial": ("内码", "Covert code"),
    "tag.eyebrow": ("防伪芯片（NFC）", "Dynamic tag (NFC)"),
    "tag.serial": ("芯片编号", "Tag"),
    "carrier.item": ("查看这件商品", "See the item's page"),
}

_OFFLINE = {
    "offline.title": ("不联网验证签名码", "Check a signed code without a network"),
    "offline.lead": (
        "页面加载后，验证只在您的设备上进行：用品牌方公布的公钥核对码里的数字签名，不向任何人发送这个码。",
        "Once loaded, this page checks on your own device: the digital signature in the code against the published "
        "keys. The code is sent to nobody.",
    ),
    "offline.check": ("验证", "Check"),
    "offline.camera": ("用相机扫", "Use the camera"),
    "offline.needs_script": ("此页需要 JavaScript。", "This page needs JavaScript."),
    "offline.loading": ("正在载入公钥…", "Loading the public keys…"),
    "offline.ready": (
        "已载入 [count] 把公钥，现在可以断网验证。",
        "[count] public keys are loaded. From now on no network is needed.",
    ),
    "offline.no_keys": (
        "未能载入公钥，请联网后刷新。",
        "The public keys could not be loaded. Connect, and load the page again.",
    ),
    "offline.no_crypto": (
        "此浏览器不能验证 Ed25519 签名，请更新浏览器，并用 https 打开本页。",
        "This browser can't check Ed25519 signatures. Update it, and open this page over https.",
    ),
    "offline.camera_on": ("请把相机对准码。", "Point the camera at the code."),
    "offline.camera_failed": ("未能打开相机，请粘贴码的内容。", "The camera did not open. Paste the code instead."),
    "offline.signed": (
        "签名有效|此码由该商品条码的所有者签发。签名不能说明此码是否被复制过，这一点请联网查验。",
        "The signature holds|This code was signed by the owner of the product number. A signature does not tell "
        "whether the code was copied: check online for that.",
    ),
    "offline.revoked_key": (
        "签名密钥已作废|签名与内容相符，但品牌方已作废这把密钥。",
        "The signing key was revoked|The signature fits, but the maker has withdrawn the key.",
    ),
    "offline.bad_signature": (
        "签名不符|码被改动过，或在抄写、扫描时受损。",
        "The signature does not fit|The code was altered, or damaged while it was copied or scanned.",
    ),
    "offline.unknown_key": (
        "密钥不属于该品牌方|签名所用的密钥不在已公布的公钥之中，或属于别的品牌方。",
        "The key is not the maker's|It is not among the published keys, or belongs to somebody else.",
    ),
    "offline.unsigned": (
        "此码没有签名|它可能是真的，但只有联网才能查验。",
        "This code has no signature|It may be genuine, but only the service can tell.",
    ),
    "offline.unreadable": (
        "读不出单件商品的码|请粘贴完整的网址，包括 /01/ 和 /21/ 两段。",
        "Not the code of one item|Paste the whole address, with its parts /01/ and /21/.",
    ),
    "offline.signed_by": ("签发方：[org]。", "Signed by [org]."),
    "offline.valid": ("密钥有效期：[from] 至 [until]。", "The key may sign from [from] to [until]."),
}

_PROBLEMS = {
    "problem.400": ("这个码读不通", "This code cannot be read"),
    "problem.404": ("没有这个页面", "There is no such page"),
    "problem.403": ("不能这样提交", "This cannot be sent like that"),
    "problem.422": ("有一项填写有误", "One field is not filled in right"),
    "problem.429": ("查验得太快了", "Too many checks at once"),
    "problem.503": ("系统暂时没有回应", "The service does not answer just now"),
    "problem.other": ("出了点问题", "Something went wrong"),
    "problem.given": ("收到的内容（有问题的部分已标出）", "What we received, with the wrong part marked"),
    "problem.part": ("出错的部分", "Wrong part"),
    "problem.part.path": ("网址路径", "the path of the address"),
    "problem.part.uri": ("网址", "the address"),
    "problem.part.01": ("商品条码 GTIN（01）", "product number, GTIN (01)"),
    "problem.part.00": ("物流单元编号 SSCC（00）", "container number, SSCC (00)"),
    "problem.part.414": ("地点编号 GLN（414）", "place number, GLN (414)"),
    "problem.part.22": ("商品变体（22）", "product variant (22)"),
    "problem.part.10": ("批次（10）", "lot (10)"),
    "problem.part.21": ("序列号（21）", "serial number (21)"),
    "problem.part.254": ("地点扩展（254）", "place extension (254)"),
    "problem.part.other": ("限定符", "a qualifier"),
    "problem.too_long": ("内容太长，不像是一个码。", "It is too long to be a code."),
    "problem.not_a_uri": (
        "这不是网址，也不是以 / 开头的路径。",
        "It is neither a web address nor a path that begins with /.",
    ),
    "problem.no_primary_key": (
        "其中没有完整的商品条码（01）、物流单元（00）或地点（414）。可能没有扫全。",
        "It holds no whole product (01), container (00) or place number (414). Perhaps it was cut off.",
    ),
    "problem.not_digits": ("这里只能是数字。", "Only digits may stand here."),
    "problem.length": ("长度不对，可能少了或多了字符。", "Its length is wrong: characters may be missing or doubled."),
    "problem.check_digit": (
        "校验位不符，多半有一位数字读错或打错。",
        "The check digit does not fit: most likely one digit was misread or mistyped.",
    ),
    "problem.percent_encoding": ("网址编码损坏。", "The address encoding is damaged."),
    "problem.unexpected_ai": ("这一项不能用在这里。", "This element has no place here."),
    "problem.ai_order": ("各项重复或顺序不对。", "Elements are repeated or out of order."),
    "problem.character_set": ("含有码里不允许的字符。", "It has a character that codes do not use."),
    "problem.foreign_origin": (
        "这份举报是从别的网站提交的。请打开商品码自己的页面，在那里举报。",
        "The report came from a page of another site. Open the code's own page and report there.",
    ),
    "problem.not_authentic": (
        "这个码里没有产品编号和序列号，无法举报。请保留实物和购买凭证，向卖家、品牌方或 12315 反映。",
        "This code names no unit of a product. Keep the goods and the receipt, and tell the seller, the maker or the "
        "authority.",
    ),
    "problem.too_many_reports": (
        "刚刚从这里、或就这件商品收到了好几份举报。请过一会儿再试。",
        "Several reports came from here, or about this unit, just now. Please wait a while.",
    ),
    "problem.detail.404": ("请检查网址，或重新扫码。", "Check the address, or scan the code again."),
    "problem.detail.422": (
        "请返回上一页检查，例如价格只填数字。",
        "Go back and check, such as that the price has digits only.",
    ),
    "problem.detail.429": ("请稍等片刻再试。", "Please wait a moment and try again."),
    "problem.detail.503": (
        "请稍后再扫一次。这与您手中的商品无关。",
        "Please scan again in a little while. This says nothing about your item.",
    ),
    "problem.detail.other": ("请重新扫码，或稍后再试。", "Scan the code again, or try later."),
    "problem.again": ("再试一次", "Try again"),
}

PAGE_TEXTS: Mapping[str, tuple[str, str]] = _STORY | _LANDING | _OPENING | _OFFLINE | LEAK | PRIVACY | _PROBLEMS


def page_text(slug: str, language: Language, params: Mapping[str, Value] | None = None) -> str:
    """The text of a page element in one language, with ``params`` filled in.

    :raises KeyError: there is no such text.
    """
    return fill(PAGE_TEXTS, slug, language, params)


def page_text_or(slug: str, otherwise: str, language: Language) -> str:
    """The text of this slug if there is one, else that of ``otherwise``."""
    return page_text(slug if slug in PAGE_TEXTS else otherwise, language)
