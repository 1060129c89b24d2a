"""The provinces of China and its large cities: centres and radii by name, for files that have names only. Pure.

Centres and radii are read off a map, to some twenty kilometres: a circle holds its province but for the outermost
corners. Cities are those that pages know (:mod:`resolver.text.places`).
"""

from resolver.ip_place.facts import Extent
from resolver.text.places import CITIES

_PROVINCES = """
北京 CN-BJ 40.2 116.4 110|天津 CN-TJ 39.3 117.3 100|河北 CN-HE 39.3 116.1 420|山西 CN-SX 37.6 112.3 360
内蒙古 CN-NM 44.0 112.0 1300|辽宁 CN-LN 41.3 122.6 320|吉林 CN-JL 43.7 126.2 390|黑龙江 CN-HL 47.9 127.8 640
上海 CN-SH 31.2 121.5 80|江苏 CN-JS 32.9 119.5 320|浙江 CN-ZJ 29.2 120.1 300|安徽 CN-AH 31.8 117.2 340
福建 CN-FJ 26.1 118.0 310|江西 CN-JX 27.6 115.7 370|山东 CN-SD 36.3 118.2 380|河南 CN-HA 33.9 113.5 350
湖北 CN-HB 31.0 112.3 390|湖南 CN-HN 27.6 111.7 360|广东 CN-GD 23.2 113.4 430|广西 CN-GX 23.8 108.8 390
海南 CN-HI 19.2 109.8 190|重庆 CN-CQ 30.1 107.9 290|四川 CN-SC 30.6 102.7 540|贵州 CN-GZ 26.8 106.9 340
云南 CN-YN 25.0 101.5 520|西藏 CN-XZ 31.5 88.8 1050|陕西 CN-SN 35.2 108.9 450|甘肃 CN-GS 37.0 101.0 900
青海 CN-QH 35.7 96.0 680|宁夏 CN-NX 37.3 106.2 250|新疆 CN-XJ 41.5 85.0 1100|台湾 TW 23.7 121.0 230
香港 HK 22.4 114.1 40|澳门 MO 22.2 113.5 20
"""


def _table() -> dict[str, tuple[str, str, tuple[float, float], float]]:
    found = {}
    for entry in _PROVINCES.strip().replace("\n", "|").split("|"):
        name, code, latitude, longitude, km = entry.split(" ")
        # No two names begin alike.
        found[name[:2]] = name, code, (float(latitude), float(longitude)), max(1000 * float(km), Extent.PROVINCE.value)
    return found


_BY_NAME = _table()
_CITIES = {chinese: (latitude, longitude) for _, chinese, latitude, longitude in CITIES}


def province(name: str) -> tuple[str, tuple[float, float], float] | None:
    """A province by its name, with or without 省 and the like: ISO 3166 code, centre in degrees, radius in metres."""
    found = _BY_NAME.get(name[:2])
    if found is None or not name.startswith(found[0]):
        return None
    return found[1:]


def city(name: str) -> tuple[float, float] | None:
    """The centre in degrees of a large city, by its name with or without 市."""
    return _CITIES.get(name.removesuffix("市"))
