"""The texts of the page on which people see, and forget, what their phone left; in Chinese and English."""

PRIVACY = {
    "mine.title": ("这部手机留下了什么", "What this phone left"),
    "mine.lead": (
        "扫码不需要账号。我们只用本浏览器里的一个随机编号认得这部手机；凭它，您可以在这里看到并清除它留下的一切。",
        "Scanning needs no account. All that names this phone is a random number in this browser. By it you see here "
        "what the phone left, and can have it forgotten.",
    ),
    "mine.unknown": (
        "本浏览器没有编号：这里没有任何记录认得这部手机。",
        "This browser has no such number: nothing here knows this phone.",
    ),
    "mine.none": ("这部手机名下没有任何记录。", "Nothing is on record under this phone."),
    "mine.list": ("记录", "On record"),
    "mine.cut": (
        "这里只列出最近的 {count} 条；清除时全部清除。",
        "The latest {count} are shown. All of them are forgotten.",
    ),
    "mine.scan": ("扫码", "Scan"),
    "mine.report": ("举报", "Report"),
    "mine.opening": ("揭开内码", "Opening"),
    "mine.tag": ("读取标签", "Tag read"),
    "mine.place": ("位置：{place}", "Place: {place}"),
    "mine.no_place": ("没有位置", "No place"),
    "mine.forget": ("清除", "Forget it"),
    "mine.forget_what": (
        "清除后，这些记录不再说明是哪部手机、哪个网络、在哪里；举报里写的地点、价格、说明和照片也会删除。"
        "商品自己的流通记录和已经得出的结论不变。此操作不能撤销。",
        "From then on these records say neither which phone it was, nor which network, nor where. The place, price, "
        "words and photos of your reports go as well. The item's own history, and what was concluded from it, stay. "
        "This can't be undone.",
    ),
    "mine.forget_button": ("清除这部手机的全部记录", "Forget this phone"),
    "mine.forgotten": (
        "已清除。本浏览器的编号也已删除，下次扫码时这部手机就是一部新手机。",
        "Forgotten. This browser's number is gone too: the next scan is that of a new phone.",
    ),
    "mine.forgotten_some": (
        "记录很多，还没有全部清除。请再按一次按钮。",
        "There is a lot, and not all of it is gone yet. Please press the button once more.",
    ),
    "mine.kept": ("保存什么，保存多久", "What is stored, and for how long"),
    "mine.kept_days": (
        "手机、网络和位置保存 {days} 天，之后自动清除。不保存姓名、电话和网络地址。",
        "Phone, network and place are stored for {days} days and then go by themselves. No name, number or address is "
        "stored.",
    ),
    "mine.kept_forever": (
        "本平台的运营方没有设定自动清除的期限。不保存姓名、电话和网络地址。",
        "The operator of this platform has set no time after which they go. No name, number or address is stored.",
    ),
    "mine.kept_who": (
        "品牌方只看得到约 10 公里范围的位置，看不到手机和网络，也无法把不同品牌、不同季度的扫码联系起来。"
        "监管部门依法查看时可以看到确切位置，每次查看都会记入日志。",
        "The maker of an item sees places to about 10 km, and neither phone nor network. Scans of two makers' goods, "
        "or of two quarters, can't be joined. Authorities may see exact places by law; each look of theirs is logged.",
    ),
    "mine.link": ("隐私：这部手机留下了什么", "Privacy: what this phone left"),
}
