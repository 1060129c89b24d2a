"""Cities of China with their coordinates (WGS 84, degrees, centre of the built-up area, about 1 km).

Any two are at least 100 km apart, so that a market of 50 km around each never overlaps another.
"""

from dataclasses import dataclass
from math import asin, atan2, cos, degrees, radians, sin

from schemas.geodesy import EARTH_RADIUS_KM, Position


@dataclass(frozen=True, slots=True)
class City:
    """A city; ``city_id`` is also the id of its market."""

    city_id: str
    name: str
    name_zh: str
    region: str
    latitude: float
    longitude: float

    @property
    def position(self) -> Position:
        """The centre, as an exact position."""
        return Position(self.latitude, self.longitude, 0.0)


REGIONS = {
    "north": "华北",
    "northeast": "东北",
    "east": "华东",
    "central": "华中",
    "south": "华南",
    "southwest": "西南",
    "northwest": "西北",
}
"""The seven geographic regions, English key to Chinese name."""

CITIES = (
    City("beijing", "Beijing", "北京", "north", 39.9042, 116.4074),
    City("tianjin", "Tianjin", "天津", "north", 39.1256, 117.1902),
    City("shijiazhuang", "Shijiazhuang", "石家庄", "north", 38.0428, 114.5149),
    City("taiyuan", "Taiyuan", "太原", "north", 37.8706, 112.5489),
    City("hohhot", "Hohhot", "呼和浩特", "north", 40.8426, 111.7492),
    City("shenyang", "Shenyang", "沈阳", "northeast", 41.8057, 123.4315),
    City("dalian", "Dalian", "大连", "northeast", 38.9140, 121.6147),
    City("changchun", "Changchun", "长春", "northeast", 43.8171, 125.3235),
    City("harbin", "Harbin", "哈尔滨", "northeast", 45.8038, 126.5350),
    City("shanghai", "Shanghai", "上海", "east", 31.2304, 121.4737),
    City("nanjing", "Nanjing", "南京", "east", 32.0603, 118.7969),
    City("hangzhou", "Hangzhou", "杭州", "east", 30.2741, 120.1551),
    City("ningbo", "Ningbo", "宁波", "east", 29.8683, 121.5440),
    City("hefei", "Hefei", "合肥", "east", 31.8206, 117.2272),
    City("fuzhou", "Fuzhou", "福州", "east", 26.0745, 119.2965),
    City("xiamen", "Xiamen", "厦门", "east", 24.4798, 118.0894),
    City("nanchang", "Nanchang", "南昌", "east", 28.6820, 115.8579),
    City("jinan", "Jinan", "济南", "east", 36.6512, 117.1201),
    City("qingdao", "Qingdao", "青岛", "east", 36.0671, 120.3826),
    City("zhengzhou", "Zhengzhou", "郑州", "central", 34.7466, 113.6254),
    City("wuhan", "Wuhan", "武汉", "central", 30.5928, 114.3055),
    City("changsha", "Changsha", "长沙", "central", 28.2282, 112.9388),
    City("guangzhou", "Guangzhou", "广州", "south", 23.1291, 113.2644),
    City("shenzhen", "Shenzhen", "深圳", "south", 22.5431, 114.0579),
    City("nanning", "Nanning", "南宁", "south", 22.8170, 108.3665),
    City("haikou", "Haikou", "海口", "south", 20.0440, 110.1999),
    City("chongqing", "Chongqing", "重庆", "southwest", 29.5630, 106.5516),
    City("chengdu", "Chengdu", "成都", "southwest", 30.5728, 104.0668),
    City("guiyang", "Guiyang", "贵阳", "southwest", 26.6470, 106.6302),
    City("kunming", "Kunming", "昆明", "southwest", 25.0389, 102.7183),
    City("xian", "Xi'an", "西安", "northwest", 34.3416, 108.9398),
    City("lanzhou", "Lanzhou", "兰州", "northwest", 36.0611, 103.8343),
    City("xining", "Xining", "西宁", "northwest", 36.6171, 101.7782),
    City("urumqi", "Urumqi", "乌鲁木齐", "northwest", 43.8256, 87.6168),
)

CITY = {city.city_id: city for city in CITIES}


def displaced(origin: Position, km: float, bearing: float, radius_m: float) -> Position:
    """The point ``km`` from ``origin`` at ``bearing`` radians from north, with an error radius of ``radius_m``.

    Spherical direct problem; rounded to 1e-6 degrees (0.1 m), which is all that a phone reports.
    """
    arc, latitude = km / EARTH_RADIUS_KM, radians(origin.latitude)
    north = asin(sin(latitude) * cos(arc) + cos(latitude) * sin(arc) * cos(bearing))
    east = atan2(sin(bearing) * sin(arc) * cos(latitude), cos(arc) - sin(latitude) * sin(north))
    longitude = (origin.longitude + degrees(east) + 180) % 360 - 180
    return Position(round(degrees(north), 6), round(longitude, 6), radius_m)
