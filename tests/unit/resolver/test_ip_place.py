"""Where addresses are, by files of several makers: as wide as the truth needs, and nowhere when nobody knows."""

from pathlib import Path

import pytest

from gateway.rules.history import USABLE_RADIUS_M
from resolver.ip_place.divisions import city, province
from resolver.ip_place.facts import FIXED_M, MOBILE_M, NOWHERE_M, NetworkKind
from resolver.ip_place.maxmind_file import facts_of
from resolver.ip_place.places import IpPlaces, open_ip_places
from schemas.errors import Misconfigured
from schemas.event import LocationSource
from schemas.geodesy import Position, distance_km
from tests.support.address_files import write_mmdb, write_xdb

CHENGDU = {
    "city": {"names": {"en": "Chengdu"}},
    "country": {"iso_code": "CN"},
    "subdivisions": [{"iso_code": "SC"}],
    "location": {"latitude": 30.6667, "longitude": 104.0667, "accuracy_radius": 20},
}
SICHUAN = {key: value for key, value in CHENGDU.items() if key != "city"}
CHINA = {"country": {"iso_code": "CN"}, "location": {"latitude": 34.77, "longitude": 113.72, "accuracy_radius": 1000}}
XDB = {
    "61.139.2.0/24": "中国|0|四川省|成都市|电信",
    "61.139.3.0/24": "中国|0|四川省|甘孜|电信",
    "120.24.0.0/16": "中国|0|广东省|深圳市|阿里云",
    "8.8.8.0/24": "美国|0|0|0|Level3",
    "111.8.0.0/16": "中国|湖南省|长沙市|移动|CN",
    "110.1.0.0/16": "中国|0|0|0|0",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("addresses")


def test_a_city_file_alone_knows_no_lines_so_that_a_place_is_as_wide_as_a_mobile_network(folder: Path) -> None:
    places = open_ip_places([write_mmdb(folder / "city.mmdb", {"61.139.2.0/24": CHENGDU})])
    found = places.locate("61.139.2.69")
    assert found is not None
    assert found.position == Position(30.7, 104.1, MOBILE_M), "the centre of the region, to a tenth of a degree"
    assert (found.source, found.region) == (LocationSource.MOBILE_IP, "CN-SC")
    assert places.locate("::ffff:61.139.2.69") == found
    assert places.locate("61.139.3.1") is None


def test_files_complete_each_other_and_a_data_centre_is_nowhere(folder: Path) -> None:
    cities = write_mmdb(folder / "c.mmdb", {f"61.139.{n}.0/24": CHENGDU for n in range(3)} | {"61.140.0.0/16": SICHUAN})
    kinds = write_mmdb(
        folder / "connection.mmdb",
        {"61.139.0.0/24": {"connection_type": "Cable/DSL"}, "61.139.1.0/24": {"connection_type": "Cellular"}},
    )
    systems = write_mmdb(
        folder / "asn.mmdb",
        {"61.139.0.0/16": {"autonomous_system_number": 4134, "autonomous_system_organization": "Chinanet"}},
    )
    anonymous = write_mmdb(
        folder / "anonymous.mmdb", {"61.139.2.0/24": {"is_anonymous": True, "is_anonymous_vpn": True}}
    )
    places = open_ip_places([cities, kinds, systems, anonymous])
    found = [places.locate(f"61.139.{n}.1") for n in range(3)] + [places.locate("61.140.0.1")]
    seen = [(each.kind, each.position.radius_m, each.operator) for each in found if each and each.position]
    assert seen == [
        (NetworkKind.FIXED, FIXED_M, "AS4134"),
        (NetworkKind.MOBILE, MOBILE_M, "AS4134"),
        (NetworkKind.HOSTING, NOWHERE_M, "AS4134"),
        (NetworkKind.MOBILE, MOBILE_M, None),
    ]
    assert found[0] is not None
    assert found[0].source is LocationSource.FIXED_IP


def test_no_place_by_network_is_near_enough_for_a_rule_that_compares_two_places() -> None:
    assert min(FIXED_M, MOBILE_M, NOWHERE_M) > USABLE_RADIUS_M
    assert LocationSource.FIXED_IP.least_radius_m <= FIXED_M


@pytest.mark.parametrize(
    ("record", "radius_m", "kind", "operator"),
    [
        (CHENGDU, FIXED_M, None, None),
        (CHENGDU | {"location": CHENGDU["location"] | {"accuracy_radius": 200}}, 400_000, None, None),
        (SICHUAN, 300_000, None, None),
        (CHINA, NOWHERE_M, None, None),
        ({"traits": {"user_type": "residential", "isp": "Home"}}, NOWHERE_M, NetworkKind.FIXED, "Home"),
        ({"traits": {"is_hosting_provider": True, "user_type": "business"}}, NOWHERE_M, NetworkKind.HOSTING, None),
        ({"traits": {"connection_type": "Cellular", "organization": "M"}}, NOWHERE_M, NetworkKind.MOBILE, "M"),
        ({"location": "somewhere", "subdivisions": [], "traits": 7}, NOWHERE_M, None, None),
    ],
)
def test_fields_of_several_makers_are_read(record, radius_m, kind, operator) -> None:
    facts = facts_of(record)
    assert (facts.radius_m, facts.kind, facts.operator) == (radius_m, kind, operator)


def test_ip2region_names_provinces_cities_and_operators(folder: Path) -> None:
    places = open_ip_places([write_xdb(folder / "four.xdb", XDB)])
    found = {address: places.locate(address) for address in ("61.139.2.9", "61.139.3.9", "111.8.7.1", "120.24.1.1")}
    assert {address: each and (each.position, each.operator, each.region) for address, each in found.items()} == {
        "61.139.2.9": (Position(30.6, 104.1, MOBILE_M), "电信", "CN-SC"),
        "61.139.3.9": (Position(30.6, 102.7, 540_000), "电信", "CN-SC"),
        "111.8.7.1": (Position(28.2, 112.9, MOBILE_M), "移动", "CN-HN"),
        "120.24.1.1": (Position(22.5, 114.1, NOWHERE_M), "阿里云", "CN-GD"),
    }
    abroad = places.locate("8.8.8.8")
    assert abroad is not None
    assert (abroad.position, abroad.operator) == (None, "Level3")
    assert places.locate("110.1.2.3") is None
    assert places.locate("1.2.3.4") is None


def test_ip2region_of_ipv6_is_a_file_of_its_own(folder: Path) -> None:
    six = write_xdb(folder / "six.xdb", {"240e:3a1::/32": "中国|湖北省|武汉市|电信|CN"})
    places = open_ip_places([write_xdb(folder / "four.xdb", XDB), six])
    regions = [found.region for address in ("240e:3a1:1::1", "61.139.2.9") if (found := places.locate(address))]
    assert regions == ["CN-HB", "CN-SC"]
    assert places.locate("240f::1") is None


@pytest.mark.parametrize("address", ["10.1.2.3", "127.0.0.1", "::1", "testclient", ""])
def test_what_is_no_public_address_is_nowhere(folder: Path, address: str) -> None:
    assert open_ip_places([write_mmdb(folder / "all.mmdb", {"0.0.0.0/0": CHENGDU})]).locate(address) is None


def test_without_a_file_nothing_is_placed() -> None:
    assert IpPlaces().locate("61.139.2.69") is None


@pytest.mark.parametrize("name", ["places.mmdb", "places.xdb", "places.csv"])
def test_a_file_that_is_missing_broken_or_of_another_kind_stops_the_start(folder: Path, name: str) -> None:
    path = folder / f"broken-{name}"
    with pytest.raises(Misconfigured, match=r"SUYUAN_IP_PLACES: .*broken-places"):
        open_ip_places([path])
    path.write_bytes(b"\2\0" + b"\7" * 600)
    with pytest.raises(Misconfigured, match="SUYUAN_IP_PLACES"):
        open_ip_places([path])


def test_a_file_that_is_cut_short_stops_the_start(folder: Path) -> None:
    whole = write_xdb(folder / "whole.xdb", XDB).read_bytes()
    (folder / "short.xdb").write_bytes(whole[:-20])
    with pytest.raises(Misconfigured, match="cut short"):
        open_ip_places([folder / "short.xdb"])


def test_a_file_that_is_broken_inside_places_nothing(folder: Path) -> None:
    damaged = bytearray(write_xdb(folder / "inside.xdb", XDB).read_bytes())
    begin = int.from_bytes(damaged[8:12], "little")
    damaged[begin:] = b"\xff" * len(damaged[begin:])
    (folder / "inside.xdb").write_bytes(damaged)
    places = open_ip_places([folder / "inside.xdb"])
    assert [places.locate(network.partition("/")[0]) for network in XDB] == [None] * len(XDB)


def test_every_province_holds_its_capital() -> None:
    capitals = (
        "北京 天津 石家庄 太原 呼和浩特 沈阳 长春 哈尔滨 上海 南京 杭州 合肥 福州 南昌 济南 郑州 武汉 长沙 广州 南宁"
    )
    capitals += " 海口 重庆 成都 贵阳 昆明 拉萨 西安 兰州 西宁 银川 乌鲁木齐 台北 香港 澳门"
    names = "北京 天津 河北 山西 内蒙古 辽宁 吉林 黑龙江 上海 江苏 浙江 安徽 福建 江西 山东 河南 湖北 湖南 广东 广西"
    names += " 海南 重庆 四川 贵州 云南 西藏 陕西 甘肃 青海 宁夏 新疆 台湾 香港 澳门"
    for capital, name in zip(capitals.split(), names.split(), strict=True):
        centre, found = city(f"{capital}市"), province(f"{name}省")
        assert centre is not None, capital
        assert found is not None, name
        _, (latitude, longitude), radius_m = found
        assert distance_km(Position(*centre, 0), Position(latitude, longitude, 0)) <= radius_m / 1000, name
    assert province("黑河") is None
    assert province("0") is None
