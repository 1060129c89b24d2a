"""Files of ip2region (.xdb), which name provinces, cities and operators of China, and countries elsewhere."""

import mmap
import re
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

from ip2region import util
from ip2region.searcher import Searcher

from resolver.ip_place.divisions import city, province
from resolver.ip_place.facts import AddressFacts, Extent, NetworkKind
from schemas.errors import Misconfigured

_NOTHING = frozenset({"", "0"})
_CHINA = "中国"
_HOSTING = re.compile(
    "云|阿里巴巴|腾讯|数据中心|机房|世纪互联|微软|谷歌|亚马逊|阿卡迈|IDC|CDN|CloudFlare", re.IGNORECASE
)
"""Operators that sell servers, not lines. The file has no other mark of them."""
_ISO_CODE = re.compile("[A-Z]{2}")


class Ip2regionFile:
    """One file of IPv4 or of IPv6 addresses, mapped into memory: processes share its pages."""

    def __init__(self, path: Path) -> None:
        """Open it.

        :raises Misconfigured: there is no such file, or it is none of the format.
        """
        try:
            with path.open("rb") as file:
                util.verify(file)
                content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            header = util.Header(content[: util.HeaderInfoLength])
        except Exception as error:  # noqa: BLE001 -- the library raises it bare for a file that is too large
            raise _unusable(path, str(error)) from None
        version = util.version_from_header(header)
        if version is None or header.endIndexPtr + version.index_size > len(content):
            content.close()
            raise _unusable(path, "it is cut short, or neither of IPv4 nor of IPv6")
        self._bytes = version.byte_num
        # Typed for bytes: of a map it uses what maps and bytes have in common.
        self._searcher = Searcher(version, None, None, content)  # type: ignore[arg-type]
        self._content = content

    def facts(self, address: IPv4Address | IPv6Address) -> AddressFacts | None:
        """What the file says of an address; None when nothing, or when it is broken there."""
        if len(address.packed) != self._bytes:
            return None
        try:
            text = self._searcher.search(address.packed)
        except (ValueError, IndexError):
            return None
        return facts_of(text)

    def close(self) -> None:
        """Let go of the file."""
        self._content.close()


def facts_of(text: str) -> AddressFacts | None:
    """What an entry says: 国家|省份|城市|运营商|code, or in files of version 2 国家|区域|省份|城市|运营商.

    Only of China are there places; elsewhere the operator alone.
    """
    fields = [field.strip() for field in text.split("|")]
    if len(fields) < 5:
        return None
    country, *rest = fields
    province_name, city_name, operator = rest[:3] if _ISO_CODE.fullmatch(fields[4]) else rest[1:4]
    known = None if operator in _NOTHING else operator
    kind = NetworkKind.HOSTING if known is not None and _HOSTING.search(known) else None
    found = province(province_name) if country == _CHINA else None
    if found is None:
        return None if known is None else AddressFacts(kind=kind, operator=known)
    code, centre, radius_m = found
    near = city(city_name)
    if near is not None:
        centre, radius_m = near, Extent.CITY.value
    return AddressFacts(centre, radius_m, kind, known, code)


def _unusable(path: Path, why: str) -> Misconfigured:
    return Misconfigured(f"SUYUAN_IP_PLACES: {path} is no file of ip2region that can be read ({why})")
