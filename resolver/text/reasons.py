"""Every text that a person reads, in Chinese and English: ``TEXTS[slug] == (Chinese, English)``.

A slug that ends in ``.one`` is taken instead of its plain form when ``count`` is 1. Parameters in braces are values
that :func:`resolver.text.formats.show` puts into the language. Tone: plain, calm, no accusation beyond what is known.
"""

from collections.abc import Mapping

from resolver.text.formats import Language, Name, Value, show

__all__ = ["Language", "Name", "Value", "say", "step_name"]

_VERDICTS = {
    "verdict.genuine": ("正品", "Genuine"),
    "verdict.copied": ("此码疑被复制", "This code may have been copied"),
    "verdict.diverted": ("疑似窜货", "Sold outside its sales area"),
    "verdict.recalled": ("已召回，请停止使用", "Recalled: stop using it"),
    "verdict.expired": ("已过保质期", "Past its best-before date"),
    "verdict.forged": ("不是品牌方的码", "Not a code from the maker"),
    "verdict.unknown": ("无法确认", "Cannot be confirmed"),
    "summary.genuine": (
        "此码由品牌方所赋，已有记录中没有矛盾。",
        "The maker issued this code, and nothing on record contradicts it.",
    ),
    "summary.genuine_elsewhere": (
        "此码由品牌方所赋。有陌生人的手机说在别处也见过它，未经核实：请先核对，再使用。",
        "The maker issued this code. Strangers' phones say to have seen it elsewhere too, which nobody has verified: "
        "compare before you use the item.",
    ),
    "summary.copied": (
        "码本身是真的，但它像是被用在了不止一件商品上。您手中的这件可能是原件，也可能不是。",
        "The code itself is authentic, but seems to be on more than one object. Yours may be the original or a copy.",
    ),
    "summary.diverted": (
        "码是真的；但这件商品是为其他地区生产的，售后和价格可能与本地正规渠道不同。",
        "The code is authentic, but the item was made for another area. Service and price may differ here.",
    ),
    "summary.recalled": (
        "品牌方已召回这一批次。请勿使用、食用或转卖。",
        "The maker has recalled this lot. Do not use, eat, drink or resell it.",
    ),
    "summary.expired": (
        "码是真的，但商品已超过标示的保质期。",
        "The code is authentic, but the item is past the date that it was made to keep until.",
    ),
    "summary.forged": (
        "此码没有通过验证：它不是由该商品条码的所有者生成的。",
        "This code failed its proof: it was not made by the owner of this product number.",
    ),
    "summary.unknown": (
        "我们没有足够的依据判断这件商品，既不能说它真，也不能说它假。",
        "We lack the ground to judge this item. That says neither that it is genuine nor that it is not.",
    ),
}

_REASONS = {
    "reason.serial_not_sealed": (
        "序列号与商品条码 {gtin} 的密钥不符。编造、抄错或挪用到其他商品上的序列号都会这样。",
        "The serial number does not fit the key of product number {gtin}. A made-up or misread serial, or one taken "
        "from another product, looks like this.",
    ),
    "reason.signature_invalid": (
        "码中的数字签名与内容不符：码被改动过，或者在扫描、转发时受损。",
        "The digital signature in the code does not fit its content: it was altered, or damaged on its way here.",
    ),
    "reason.signature_key_unknown": (
        "码中的数字签名所用的密钥不属于该品牌方。",
        "The code is signed with a key that does not belong to the maker.",
    ),
    "reason.foreign_code": (
        "本平台没有为商品条码 {gtin} 赋码的品牌方，因此无法判断。",
        "No maker on this service issues codes for product number {gtin}, so nothing can be said.",
    ),
    "reason.no_unit": (
        "此码只标明商品或批次，没有单件序列号，因此无法追溯到某一件。",
        "This code names a product or lot, not one single item, so there is no item to follow.",
    ),
    "reason.key_revoked": (
        "生成此码的密钥已被品牌方作废。",
        "The maker has withdrawn the key that this code was made with.",
    ),
    "reason.batch_unknown": (
        "码能通过验证，但品牌方没有登记对应的批次。",
        "The code passes its proof, but the maker has registered no such lot.",
    ),
    "reason.unit_unregistered": (
        "序号超出了批次 {lot} 登记的数量。",
        "The item's number is beyond the quantity registered for lot {lot}.",
    ),
    "reason.batch_revoked": (
        "品牌方已于 {on} 作废批次 {lot} 的全部码。",
        "The maker withdrew all codes of lot {lot} on {on}.",
    ),
    "reason.batch_revoked_because": (
        "品牌方已于 {on} 作废批次 {lot} 的全部码，原因：{why}",
        "The maker withdrew all codes of lot {lot} on {on}. Reason: {why}",
    ),
    "reason.not_commissioned": (
        "品牌方尚未启用此码：它不应当已经贴在售出的商品上。",
        "The maker has not put this code into use yet: it should not be on goods for sale.",
    ),
    "reason.recalled": ("品牌方已于 {on} 召回批次 {lot}。", "The maker recalled lot {lot} on {on}."),
    "reason.recalled_because": (
        "品牌方已于 {on} 召回批次 {lot}，原因：{why}",
        "The maker recalled lot {lot} on {on}. Reason: {why}",
    ),
    "reason.impossible_travel": (
        "{first_at} 此码在{first_place}被扫，{second_at} 又在{second_place}被扫：相距约 {distance_km} 公里，"
        "间隔仅 {apart}。同一件商品来不及走这么远（至少需要 {needed}）。",
        "This code was seen {first_place} on {first_at} and {second_place} on {second_at}: about {distance_km} km in "
        "{apart}. One item cannot travel that fast; it would need at least {needed}.",
    ),
    "reason.sold_twice": (
        "此码在 {first_at} 已由{first_by}售出一次，{second_at} 又由{second_by}售出。",
        "An item with this code was sold on {first_at} by {first_by}, and sold again on {second_at} by {second_by}.",
    ),
    "reason.seen_after_end": (
        "带有此码的商品已于 {first_at} 销毁或停用，{second_at} 此码又出现了。",
        "The item with this code was destroyed or retired on {first_at}, and the code was seen again on {second_at}.",
    ),
    "reason.case_confirmed": (
        "{by}已于 {on} 在案件中认定：此码被复制。",
        "In a case, {by} confirmed on {on} that this code was copied.",
    ),
    "reason.suspected_copy": (
        "系统于 {on} 发现，此码的记录不像是同一件商品留下的。",
        "On {on} the records of this code were found not to fit one single item.",
    ),
    "reason.more_evidence": ("另有 {count} 项类似的发现。", "There are {count} more findings of this kind."),
    "reason.more_evidence.one": ("另有 1 项类似的发现。", "There is one more finding of this kind."),
    "reason.expired": ("标示的保质期至 {on}。", "It was made to keep until {on}."),
    "reason.off_territory": (
        "这件商品指定在{territory}销售，首次由消费者查验却是在{market}（{on}）。",
        "The item was made to be sold in {territory}; consumers first checked it in {market}, on {on}.",
    ),
    "reason.off_territory_somewhere": (
        "首次由消费者查验的地点不在这件商品指定的销售地区内。",
        "Consumers first checked the item outside the area that it was made to be sold in.",
    ),
    "reason.lane_confirmed": (
        "经查，同一经销商的许多商品都被销往那里，案件已认定为窜货。",
        "Many items of the same dealer were sold there: a case has confirmed it as diversion.",
    ),
    "reason.lane_excess": (
        "同一经销商的许多商品都出现在那里，远多于旅客自己带去的数量。",
        "Many items of the same dealer turn up there, far more than travellers would carry.",
    ),
    "reason.signed": (
        "序列号和数字签名都证明：此码出自{maker}。",
        "Its serial number and its digital signature both prove that the code comes from {maker}.",
    ),
    "reason.sealed": ("序列号证明：此码出自{maker}。", "Its serial number proves that the code comes from {maker}."),
    "reason.commissioned": (
        "它属于批次 {lot}，于 {on} 启用。",
        "It belongs to lot {lot} and was put into use on {on}.",
    ),
    "reason.history_whole": (
        "流通记录共 {count} 步，前后相符。",
        "Its way is on record in {count} steps that fit together.",
    ),
    "reason.history_whole.one": ("流通记录有 1 步，没有矛盾。", "Its way is on record in one step so far."),
    "reason.history_gaps": (
        "流通记录共 {count} 步，有 {gaps} 处缺口（漏扫很常见，缺口本身不说明有问题）。",
        "Its way is on record in {count} steps, with {gaps} missing in between. Missed scans are common and no sign of "
        "wrong by themselves.",
    ),
    "note.seen_early": (
        "此码在品牌方启用之前（{on}）就已被扫到，标签可能曾经外流。请仔细核对商品。",
        "The code was seen on {on}, before the maker put it into use: labels may have gone astray. Compare with care.",
    ),
    "note.seen_at_both": (
        "此码也在别处被看到：{first_at} 在{first_place}，{second_at} 在{second_place}。请核对包装上的序列号、"
        "包装内的码和封口。",
        "This code was also seen elsewhere: {first_place} on {first_at} and {second_place} on {second_at}. Compare "
        "the serial number on the pack, the code inside it, and the seal.",
    ),
    "note.seen_elsewhere": (
        "此码也在别处被看到。请核对包装上的序列号、包装内的码和封口。",
        "This code was also seen elsewhere. Compare the serial number on the pack, the code inside it, and the seal.",
    ),
    "note.off_territory": (
        "这件商品指定在{territory}销售，而首次查验它的手机在{market}（{on}）。请向卖家问清来源。",
        "The item was made to be sold in {territory}; the phone that first checked it was in {market}, on {on}. Ask "
        "the seller where it comes from.",
    ),
    "note.off_territory_somewhere": (
        "首次查验它的手机不在这件商品指定的销售地区内。请向卖家问清来源。",
        "The phone that first checked the item was outside the area that it was made to be sold in. Ask the seller "
        "where it comes from.",
    ),
    "note.first_look": ("您是第一位查验此码的人。", "You are the first to check this code."),
    "note.only_you": (
        "您查验过 {count} 次；其他手机 0 次。",
        "You checked this code {count} times before; other phones 0 times.",
    ),
    "note.only_you.one": (
        "您查验过 1 次；其他手机 0 次。",
        "You checked this code once before; other phones 0 times.",
    ),
    "note.your_scans": ("您自己查验过 {count} 次，未计入其中。", "Your own {count} checks are not counted in."),
    "note.your_scans.one": ("您自己查验过 1 次，未计入其中。", "Your own check is not counted in."),
    "note.looked_at": (
        "此前有 {count} 部其他手机查验过此码，首次在 {first_at}。若您刚拆开全新包装，请留意这一点。",
        "{count} other phones have checked this code before, first on {first_at}. If you have just opened a new pack, "
        "take note of it.",
    ),
    "note.looked_at.one": (
        "此前有 1 部其他手机查验过此码，时间是 {first_at}。若不是您的家人所查，请留意。",
        "One other phone has checked this code before, on {first_at}. Take note of it if that was not your family.",
    ),
    "note.looked_at_near": (
        "此前有 {count} 部其他手机查验过此码，首次在 {first_at}，{place}。若您刚拆开全新包装，请留意这一点。",
        "{count} other phones have checked this code before, first on {first_at}, {place}. If you have just opened a "
        "new pack, take note of it.",
    ),
    "note.looked_at_near.one": (
        "此前有 1 部其他手机查验过此码：{first_at}，{place}。若不是您的家人所查，请留意。",
        "One other phone has checked this code before, on {first_at}, {place}. Take note of it if that was not your "
        "family.",
    ),
}

_OBSERVERS = {
    "observer.proof": ("本平台用品牌方的密钥验算", "computed here with the maker's keys"),
    "observer.register": ("品牌方的登记", "the maker's register"),
    "observer.reader": ("{name}的登记读码设备", "an enrolled reader of {name}"),
    "observer.reader_unnamed": ("登记读码设备", "an enrolled reader"),
    "observer.till": ("{name}的收银机", "the till of {name}"),
    "observer.inspector": ("{name}的查验人员", "an inspector of {name}"),
    "observer.tag": ("商品上的芯片", "the tag on the item"),
    "observer.inner_code": ("包装内的码", "the code inside the pack"),
    "observer.person": ("{name}的人工认定", "a person's decision at {name}"),
    "observer.phone": ("消费者的手机（匿名，未经核实）", "consumers' phones (anonymous, not verified)"),
}

_OPENINGS = {
    "opening.first": ("首次开启", "Opened for the first time"),
    "opening.again": ("此前已被开启", "Opened before"),
    "opening.mismatch": ("内外码不是一对", "The two codes do not belong together"),
    "opening.forged": ("不是品牌方的内码", "Not a covert code from the maker"),
    "opening.unknown": ("无法确认", "Cannot be confirmed"),
    "opening.summary.first": (
        "这枚内码此前从未被查验。您是第一位开启这件商品的人。",
        "This covert code has never been checked before. You are the first to open this item.",
    ),
    "opening.summary.again": (
        "这枚内码此前已有人查验。若包装本应完好无损，请不要使用，并联系卖家。",
        "Somebody has checked this covert code before. If the pack should have been whole, do not use the item, and "
        "ask the seller.",
    ),
    "opening.summary.mismatch": (
        "外码和内码各属于不同的商品：包装可能被换过。请把同一件商品的两枚码再扫一次。",
        "The code outside and the one inside belong to different items: the pack may have been swapped. Scan both "
        "codes of one and the same item again.",
    ),
    "opening.summary.forged": (
        "这枚内码没有通过验证：它不是由该商品条码的所有者生成的。",
        "This covert code failed its proof: it was not made by the owner of this product number.",
    ),
    "opening.summary.unknown": (
        "我们没有足够的依据判断这枚内码。",
        "We lack the ground to judge this covert code.",
    ),
    "opening.first_at": ("首次开启：{at}。", "First opened on {at}."),
    "opening.by_you": ("首次开启用的是您这部手机。", "It was first opened with this phone."),
    "opening.later": ("此后又被别的手机查验 {count} 次。", "Other phones have checked it {count} times since."),
    "opening.later.one": ("此后又被别的手机查验 1 次。", "One other phone has checked it since."),
    "opening.pair_fits": ("外码与内码是一对。", "The code outside belongs to the one inside."),
    "opening.outer_forged": (
        "您给出的外码没有通过验证。",
        "The code outside that you gave failed its proof.",
    ),
    "opening.compare": (
        "包装外面的序列号应以 {end} 结尾。若不是，内外码就不是一对。",
        "The serial number outside the pack must end in {end}. If it does not, the two codes are no pair.",
    ),
}

_TAGS = {
    "tag.fresh": ("芯片是真的", "The tag is genuine"),
    "tag.reloaded": ("您刚才已查验过", "You checked this just now"),
    "tag.used": ("这条信息已被用过", "This message was used before"),
    "tag.back": ("疑为复制的芯片", "This may be a copied tag"),
    "tag.forged": ("不是品牌方的芯片", "Not a tag from the maker"),
    "tag.unknown": ("无法确认", "Cannot be confirmed"),
    "tag.summary.fresh": (
        "芯片刚刚写出了一条从未出现过的信息：您读的就是它本身，不是复制品。",
        "The tag has just written a message that was never seen before: you read the tag itself, not a copy of it.",
    ),
    "tag.summary.reloaded": (
        "同一部手机再次打开了同一条信息。要再查一次，请重新碰一下芯片。",
        "The same phone opened the same message again. To check once more, tap the tag again.",
    ),
    "tag.summary.used": (
        "别的手机已打开过这条信息：网址可能被转发。请在商品上重新碰一下芯片。",
        "Another phone has opened this message: its address may have been passed on. Tap the tag on the item again.",
    ),
    "tag.summary.back": (
        "这条信息比芯片已写出的更早，却从未出现过：它可能是事先录下、放进了另一枚芯片。",
        "This message is older than others that the tag has written, yet was never seen: it may have been recorded and "
        "put on another tag.",
    ),
    "tag.summary.forged": (
        "这条信息没有通过验证：它不是由品牌方的芯片写出的。",
        "The message failed its proof: no tag of the maker wrote it.",
    ),
    "tag.summary.unknown": (
        "信息能通过验证，但品牌方没有把这枚芯片登记到任何商品上。",
        "The message passes its proof, but the maker has registered the tag on no item.",
    ),
    "tag.counter": ("这是芯片的第 {counter} 次读取。", "It is read number {counter} of the tag."),
    "tag.newest": ("此前最新的是第 {counter} 次。", "The newest before was number {counter}."),
}

_ACTIONS = {
    "action.compare_serial": (
        "核对包装上印的序列号是否与下方一致，封口是否完好。",
        "Compare the serial number printed on the pack with the one below, and look whether the seal is whole.",
    ),
    "action.compare_inside": (
        "包装内若有第二个码（涂层码），刮开扫一扫：内外码应属于同一件商品。",
        "If there is a second code inside the pack, scan it too: both must belong to one item.",
    ),
    "action.trust_your_eyes": (
        "码可以被照搬。若包装、气味、口味或价格异常，仍请举报。",
        "Codes can be photographed and reprinted. If pack, smell, taste or price seem wrong, report it all the same.",
    ),
    "action.do_not_use": ("暂不要使用或食用这件商品。", "Do not use, eat or drink this item for now."),
    "action.stop_using": ("立即停止使用，也不要转送他人。", "Stop using it at once, and do not pass it on."),
    "action.return_to_seller": (
        "凭购买凭证联系卖家退货退款。",
        "Take it back to the seller with your proof of purchase and ask for a refund.",
    ),
    "action.keep_evidence": (
        "保留商品、包装和购买凭证。",
        "Keep the item, its packaging and your proof of purchase.",
    ),
    "action.ask_maker": (
        "向品牌方提供序列号，请其确认。",
        "Give the maker the serial number and ask for confirmation.",
    ),
    "action.report_here": (
        "用下方表格告诉我们您在哪里、以什么价格购买。",
        "Tell us below where you bought it and at what price.",
    ),
    "action.call_12315": (
        "也可拨打全国消费者投诉举报热线 12315。",
        "In China you can also call 12315, the consumers' complaint line.",
    ),
    "action.scan_again": (
        "再扫一次，注意对准、光线和码面清洁；不要手工改动网址。",
        "Scan again in good light, with the code clean and flat. Do not edit the address by hand.",
    ),
    "action.buy_official": (
        "下次请选择品牌方公布的正规渠道。",
        "Buy from a seller that the maker names as its own.",
    ),
    "action.ask_service": (
        "使用前向品牌方确认本地能否享受售后服务。",
        "Ask the maker whether its service covers this item where you are.",
    ),
    "action.do_not_eat_expired": ("不要再食用或使用。", "Do not eat, drink or use it any more."),
}

_GAPS = {
    "gap.no_origin": ("没有出厂启用的记录", "No record of it leaving the production line"),
    "gap.not_received": ("已发出，但没有收货记录", "Sent, but no receipt is on record"),
    "gap.not_sent": ("已收到，但没有发货记录", "Received, but no dispatch is on record"),
    "gap.unrecorded_move": ("换了地点，途中没有记录", "It changed place without a record"),
    "gap.in_transit": ("已发出，尚未收到", "Sent and not yet received"),
}

_STEPS: dict[str, tuple[str, str]] = {
    "accepting": ("验收", "Accepted"),
    "arriving": ("到达", "Arrived"),
    "assembling": ("组装", "Assembled"),
    "collecting": ("收取", "Collected"),
    "commissioning": ("赋码启用", "Code put into use"),
    "consigning": ("托运", "Handed to the carrier"),
    "creating_class_instance": ("建立批次", "Lot created"),
    "cycle_counting": ("盘点", "Counted"),
    "decommissioning": ("停用", "Retired"),
    "departing": ("启运", "Departed"),
    "destroying": ("销毁", "Destroyed"),
    "disassembling": ("拆解", "Taken apart"),
    "dispensing": ("发放", "Dispensed"),
    "encoding": ("写码", "Code written"),
    "entering_exiting": ("进出", "Passed a gate"),
    "holding": ("留置", "Held"),
    "inspecting": ("查验", "Inspected"),
    "installing": ("安装", "Installed"),
    "killing": ("标签失效", "Tag disabled"),
    "loading": ("装车", "Loaded"),
    "other": ("其他", "Other step"),
    "packing": ("装箱", "Packed"),
    "picking": ("拣货", "Picked"),
    "receiving": ("收货入库", "Received"),
    "removing": ("移出", "Removed"),
    "repackaging": ("换包装", "Repackaged"),
    "repairing": ("维修", "Repaired"),
    "replacing": ("更换", "Replaced"),
    "reserving": ("预留", "Reserved"),
    "retail_selling": ("零售售出", "Sold to a consumer"),
    "sampling": ("抽样", "Sampled"),
    "sensor_reporting": ("传感器上报", "Sensor reading"),
    "shipping": ("发货出库", "Sent out"),
    "staging_outbound": ("待发", "Ready to leave"),
    "stock_taking": ("清点", "Stock taken"),
    "stocking": ("上架", "Put on the shelf"),
    "storing": ("入库存放", "Stored"),
    "transporting": ("运输", "In transport"),
    "unloading": ("卸车", "Unloaded"),
    "unpacking": ("拆箱", "Unpacked"),
    "void_shipping": ("撤销发货", "Dispatch cancelled"),
}

TEXTS: Mapping[str, tuple[str, str]] = (
    _VERDICTS
    | _REASONS
    | _OBSERVERS
    | _OPENINGS
    | _TAGS
    | _ACTIONS
    | _GAPS
    | {f"step.{word}": text for word, text in _STEPS.items()}
)
"""All texts of verdicts, reasons and the chain. The pages' own texts are in :mod:`resolver.text.pages`."""


def say(slug: str, language: Language, params: Mapping[str, Value] | None = None) -> str:
    """The text of ``slug`` with its parameters filled in.

    :raises KeyError: there is no such text, or it names a parameter that is not given.
    """
    return fill(TEXTS, slug, language, params)


def fill(
    texts: Mapping[str, tuple[str, str]], slug: str, language: Language, params: Mapping[str, Value] | None = None
) -> str:
    """As :func:`say`, from any table of texts."""
    values = params or {}
    if values.get("count") == 1 and f"{slug}.one" in texts:
        slug = f"{slug}.one"
    template = texts[slug][0 if language == "zh" else 1]
    return template.format_map({name: show(value, language) for name, value in values.items()})


def step_name(biz_step: str, language: Language) -> str:
    """A CBV business step in words."""
    return say(f"step.{biz_step}" if biz_step in _STEPS else "step.other", language)
