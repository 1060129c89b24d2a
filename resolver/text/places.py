"""Cities and rivers by which a page names a rough place and a map is read without anybody else's tiles.

Centres in WGS 84 degrees, rounded to 0.01; river courses to 0.1. Enough to say "near Wuhan", and no more is wanted:
a consumer's position is never published finer. Borders are left out on purpose: no small map can be right about them.
"""

from functools import lru_cache

from resolver.text.formats import Name
from schemas.geodesy import Position, distance_km

City = tuple[str, str, float, float]

_TABLE = """
Beijing 北京 39.90 116.41|Shanghai 上海 31.23 121.47|Guangzhou 广州 23.13 113.26|Shenzhen 深圳 22.54 114.06
Chengdu 成都 30.57 104.07|Chongqing 重庆 29.56 106.55|Hangzhou 杭州 30.27 120.16|Nanjing 南京 32.06 118.80
Wuhan 武汉 30.59 114.31|Xi'an 西安 34.34 108.94|Tianjin 天津 39.13 117.20|Suzhou 苏州 31.30 120.59
Zhengzhou 郑州 34.75 113.63|Changsha 长沙 28.23 112.94|Shenyang 沈阳 41.81 123.43|Qingdao 青岛 36.07 120.38
Jinan 济南 36.65 117.12|Harbin 哈尔滨 45.80 126.53|Changchun 长春 43.82 125.32|Dalian 大连 38.91 121.61
Kunming 昆明 25.04 102.71|Guiyang 贵阳 26.65 106.63|Zunyi 遵义 27.73 106.93|Nanning 南宁 22.82 108.37
Fuzhou 福州 26.07 119.30|Xiamen 厦门 24.48 118.09|Hefei 合肥 31.82 117.23|Nanchang 南昌 28.68 115.86
Taiyuan 太原 37.87 112.55|Shijiazhuang 石家庄 38.04 114.51|Hohhot 呼和浩特 40.84 111.75|Yinchuan 银川 38.49 106.23
Lanzhou 兰州 36.06 103.83|Xining 西宁 36.62 101.78|Urumqi 乌鲁木齐 43.83 87.62|Lhasa 拉萨 29.65 91.14
Haikou 海口 20.04 110.20|Sanya 三亚 18.25 109.51|Ningbo 宁波 29.87 121.54|Wenzhou 温州 27.99 120.70
Wuxi 无锡 31.49 120.31|Changzhou 常州 31.81 119.97|Nantong 南通 31.98 120.89|Xuzhou 徐州 34.26 117.19
Foshan 佛山 23.02 113.12|Dongguan 东莞 23.02 113.75|Zhuhai 珠海 22.27 113.58|Shantou 汕头 23.35 116.68
Zhanjiang 湛江 21.27 110.36|Guilin 桂林 25.27 110.29|Liuzhou 柳州 24.33 109.43|Yibin 宜宾 28.75 104.64
Luzhou 泸州 28.87 105.44|Mianyang 绵阳 31.47 104.68|Yichang 宜昌 30.69 111.29|Xiangyang 襄阳 32.01 112.12
Yueyang 岳阳 29.36 113.13|Luoyang 洛阳 34.62 112.45|Kaifeng 开封 34.80 114.31|Yantai 烟台 37.46 121.45
Weifang 潍坊 36.71 119.16|Linyi 临沂 35.10 118.36|Tangshan 唐山 39.63 118.18|Baoding 保定 38.87 115.46
Handan 邯郸 36.63 114.54|Datong 大同 40.08 113.30|Baotou 包头 40.66 109.84|Yulin 榆林 38.29 109.73
Wuhu 芜湖 31.35 118.43|Jiujiang 九江 29.71 116.00|Ganzhou 赣州 25.83 114.94|Quanzhou 泉州 24.87 118.68
Jilin 吉林 43.84 126.55|Qiqihar 齐齐哈尔 47.35 123.92|Jinzhou 锦州 41.10 121.13|Kashgar 喀什 39.47 75.99
Dali 大理 25.61 100.27|Hong-Kong 香港 22.32 114.17|Macao 澳门 22.20 113.54|Taipei 台北 25.04 121.56
Kaohsiung 高雄 22.63 120.30|Jinhua 金华 29.08 119.65|Shaoxing 绍兴 30.03 120.58|Yangzhou 扬州 32.39 119.41
"""


def _cities() -> tuple[City, ...]:
    found = []
    for entry in _TABLE.strip().replace("\n", "|").split("|"):
        english, chinese, latitude, longitude = entry.split(" ")
        found.append((english.replace("-", " "), chinese, float(latitude), float(longitude)))
    return tuple(found)


CITIES = _cities()
"""English name, Chinese name, latitude, longitude; the larger ones first."""

Course = tuple[tuple[float, float], ...]

RIVERS: tuple[tuple[Name, Course], ...] = (
    (
        Name(en="Yangtze", zh="长江"),
        (
            *((26.9, 100.0), (26.6, 101.7), (27.4, 103.1), (28.6, 103.9), (28.8, 104.6), (28.9, 105.4), (29.6, 106.6)),
            *((29.7, 107.4), (30.8, 108.4), (31.0, 109.9), (30.7, 111.3), (30.3, 112.2), (29.7, 112.5), (29.5, 113.1)),
            *((30.6, 114.3), (30.2, 115.1), (29.7, 116.0), (30.5, 117.0), (31.3, 118.4), (32.1, 118.8), (32.2, 119.4)),
            *((31.9, 120.3), (32.0, 120.9), (31.4, 121.7)),
        ),
    ),
    (
        Name(en="Yellow River", zh="黄河"),
        (
            *((35.0, 100.0), (34.0, 101.0), (33.7, 102.2), (35.0, 101.5), (36.0, 101.7), (36.1, 103.8), (37.5, 105.2)),
            *((38.3, 106.4), (39.7, 106.8), (40.6, 107.2), (40.8, 108.7), (40.6, 110.0), (40.2, 111.2), (38.0, 110.6)),
            *((36.1, 110.4), (34.6, 110.3), (34.8, 111.2), (34.9, 113.6), (34.9, 114.4), (35.5, 115.3), (36.8, 117.0)),
            *((37.5, 118.2), (37.8, 119.2)),
        ),
    ),
    (
        Name(en="Xi River", zh="西江"),
        ((22.8, 108.3), (23.4, 110.1), (23.5, 111.3), (23.1, 112.5), (22.9, 113.1), (22.6, 113.4)),
    ),
    (
        Name(en="Songhua", zh="松花江"),
        ((43.8, 126.6), (45.3, 124.8), (45.8, 126.5), (46.0, 128.8), (46.8, 130.4), (47.7, 132.5)),
    ),
)


def near(latitude: float, longitude: float, within_km: float = 120.0) -> Name | None:
    """The nearest city of the table, or None when there is none within ``within_km`` kilometres."""
    here = Position(latitude, longitude, 0.0)
    english, chinese, there = min(
        ((en, zh, Position(lat, lon, 0.0)) for en, zh, lat, lon in CITIES),
        key=lambda city: distance_km(here, city[2]),
    )
    return Name(en=english, zh=chinese) if distance_km(here, there) <= within_km else None


VAGUE_RADIUS_M = 100_000.0
"""A position less certain than this, such as a mobile network's, names no place."""


@lru_cache(maxsize=8192)
def rough_place(where: Position | None) -> Name | None:
    """A place as it may be published: the nearest city, or whole degrees; None when it is not known well enough."""
    if where is None or where.radius_m > VAGUE_RADIUS_M:
        return None
    city = near(where.latitude, where.longitude)
    if city is not None:
        return Name(en=f"near {city.en}", zh=f"{city.zh}附近")
    north, east = round(where.latitude), round(where.longitude)
    spot = f"{abs(north)}°{'N' if north >= 0 else 'S'} {abs(east)}°{'E' if east >= 0 else 'W'}"
    return Name(en=f"near {spot}", zh=f"{spot}附近")
