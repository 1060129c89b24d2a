"""A sketch map as inline SVG, drawn from places alone: Web Mercator fitted to the points, no outside tiles. Pure.

Colours are left to the page's style sheet (classes), so that one drawing serves light and dark.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import asinh, atan, ceil, cos, degrees, floor, hypot, log10, radians, sinh, tan

from markupsafe import Markup, escape

from resolver.consumer.itinerary import Leg, Place
from resolver.text.formats import Language, about_km, show
from resolver.text.places import CITIES, RIVERS
from schemas.geodesy import EARTH_RADIUS_KM

WIDTH = 340.0
_MIN_HEIGHT, _MAX_HEIGHT = 210.0, 320.0
_MARGIN = 42.0
_MARKER = 11.0
_LEAST_SPAN_KM = 160.0
_MAX_CITIES = 8
_FONT, _SMALL = 13.0, 10.0

Point = tuple[float, float]
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class View:
    """A window on the world in Web Mercator: ``scale`` in pixels a radian, ``west`` and ``north`` at its corner."""

    west: float
    north: float
    scale: float
    height: float

    def xy(self, latitude: float, longitude: float) -> Point:
        """The pixel of a place in degrees; a place across the date line is drawn on the nearer side."""
        x = (radians(longitude) - self.west) * self.scale
        world = radians(360) * self.scale
        x -= world * round((x - WIDTH / 2) / world)
        return x, (self.north - _mercator(latitude)) * self.scale

    def degrees(self, x: float, y: float) -> tuple[float, float]:
        """Latitude and longitude of a pixel."""
        return degrees(atan(sinh(self.north - y / self.scale))), degrees(self.west + x / self.scale)

    def pixels_per_km(self, latitude: float) -> float:
        """How long a kilometre is at a latitude."""
        return self.scale / (EARTH_RADIUS_KM * cos(radians(latitude)))


def _mercator(latitude: float) -> float:
    return asinh(tan(radians(max(-80.0, min(80.0, latitude)))))


def fit(places: Sequence[Place]) -> View:
    """The window that holds every place and its circle with a margin, and at least 160 km.

    :raises ValueError: there are no places.
    """
    xs = [radians(place.where.longitude) for place in places]
    if max(xs) - min(xs) > radians(180):
        xs = [x + radians(360) if x < 0 else x for x in xs]
    ys = [_mercator(place.where.latitude) for place in places]
    reaches = [_reach(place) for place in places]
    xs = [x + side * reach for x, reach in zip(xs, reaches, strict=True) for side in (-1, 1)]
    ys = [y + side * reach for y, reach in zip(ys, reaches, strict=True) for side in (-1, 1)]
    middle = radians(sum(place.where.latitude for place in places) / len(places))
    least = _LEAST_SPAN_KM / EARTH_RADIUS_KM / cos(min(abs(middle), radians(80)))
    wide, high = max(max(xs) - min(xs), least), max(max(ys) - min(ys), least / 2)
    height = min(_MAX_HEIGHT, max(_MIN_HEIGHT, (WIDTH - 2 * _MARGIN) * high / wide + 2 * _MARGIN))
    scale = min((WIDTH - 2 * _MARGIN) / wide, (height - 2 * _MARGIN) / high)
    west = (max(xs) + min(xs)) / 2 - WIDTH / 2 / scale
    north = (max(ys) + min(ys)) / 2 + height / 2 / scale
    return View(west, north, scale, height)


def _reach(place: Place) -> float:
    """How far a place's circle reaches on the projection, in radians."""
    return place.where.radius_m / 1000 / EARTH_RADIUS_KM / cos(radians(min(80.0, abs(place.where.latitude))))


def draw(places: Sequence[Place], legs: Sequence[Leg], *, language: Language, title: str, description: str) -> Markup:
    """The map as one ``svg`` element; empty when there is no place to draw."""
    if not places:
        return Markup()
    view = fit(places)
    spots = [
        _inside(spot, view) for spot in _spread([view.xy(each.where.latitude, each.where.longitude) for each in places])
    ]
    taken: list[Box] = [_around(spot, _MARKER + 2) for spot in spots]
    taken.append((0, view.height - 24, 110, view.height))
    lines = [
        f'<svg class="map" viewBox="0 0 {WIDTH:.0f} {view.height:.0f}" role="img" aria-labelledby="map-t map-d">',
        f'<title id="map-t">{escape(title)}</title><desc id="map-d">{escape(description)}</desc>',
        f'<rect class="land" width="{WIDTH:.0f}" height="{view.height:.0f}"/>',
        *_graticule(view),
        *_rivers(view),
        *_circles(view, places),
    ]
    taken += _degree_boxes(view)
    names = list(_names(places, spots, taken, language, view))
    taken += [_around(_middle(leg, spots), 26) for leg in legs if leg.km is not None]
    lines += _cities(view, taken, language, {place.label.en for place in places})
    lines += [_leg(leg, spots, language) for leg in legs]
    lines += [_marker(place, spot) for place, spot in zip(places, spots, strict=True)]
    lines += [*names, *_scale_bar(view), "</svg>"]
    return Markup("".join(lines))  # noqa: S704 -- every text in it went through escape


def _spread(spots: list[Point]) -> list[Point]:
    """Markers that would cover each other, pushed apart as little as needed; the same for the same input."""
    moved = list(spots)
    for _ in range(40):
        calm = True
        for i in range(len(moved)):
            for j in range(i):
                dx, dy = moved[i][0] - moved[j][0], moved[i][1] - moved[j][1]
                apart = hypot(dx, dy)
                least = 2 * _MARKER + 2
                if apart >= least:
                    continue
                calm = False
                if apart < 0.01:
                    dx, dy, apart = 1.0, 0.35 * (i - j), hypot(1.0, 0.35 * (i - j))
                push = (least - min(apart, least)) / 2 + 0.3
                moved[i] = (moved[i][0] + dx / apart * push, moved[i][1] + dy / apart * push)
                moved[j] = (moved[j][0] - dx / apart * push, moved[j][1] - dy / apart * push)
        if calm:
            break
    return moved


def _inside(spot: Point, view: View) -> Point:
    edge = _MARKER + 3
    return max(edge, min(WIDTH - edge, spot[0])), max(edge, min(view.height - edge, spot[1]))


def _around(spot: Point, radius: float) -> Box:
    return spot[0] - radius, spot[1] - radius, spot[0] + radius, spot[1] + radius


def _overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _width(text: str, font: float) -> float:
    """About how wide a text is, rather too much than too little: Chinese characters are square, Latin ones narrower."""
    return sum(font if ord(character) > 0x2E80 else font * 0.62 for character in text)


def _graticule(view: View) -> Iterator[str]:
    meridians, parallels = _lines_of(view)
    for x, text in meridians:
        yield f'<path class="grid" d="M{x:.1f} 0V{view.height:.0f}"/>'
        if text:
            yield f'<text class="grad" x="{x + 3:.1f}" y="10">{text}</text>'
    for y, text in parallels:
        yield f'<path class="grid" d="M0 {y:.1f}H{WIDTH:.0f}"/>'
        if text:
            yield f'<text class="grad" x="3" y="{y - 3:.1f}">{text}</text>'


def _degree_boxes(view: View) -> list[Box]:
    """Where the degrees of the graticule are written: nothing else stands there."""
    meridians, parallels = _lines_of(view)
    boxes = [(x, 0.0, x + 5 + _width(text, _SMALL), 13.0) for x, text in meridians if text]
    return boxes + [(0.0, y - 3 - _SMALL, 5 + _width(text, _SMALL), y) for y, text in parallels if text]


def _lines_of(view: View) -> tuple[list[tuple[float, str]], list[tuple[float, str]]]:
    """Meridians and parallels by their pixel, with the text that they carry; empty near the edges."""
    north, west = view.degrees(0, 0)
    south, east = view.degrees(WIDTH, view.height)
    step = next((s for s in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30) if (east - west) / s <= 6), 45)
    digits = 1 if step < 1 else 0
    meridians, parallels = [], []
    for k in range(ceil(west / step), floor(east / step) + 1):
        x = view.xy(0, k * step)[0]
        meridian = (k * step + 180) % 360 - 180
        text = f"{abs(meridian):.{digits}f}°{'E' if meridian >= 0 else 'W'}"
        meridians.append((x, text if 20 < x < WIDTH - 34 else ""))
    for k in range(ceil(south / step), floor(north / step) + 1):
        y = view.xy(k * step, 0)[1]
        text = f"{abs(k * step):.{digits}f}°{'N' if k >= 0 else 'S'}"
        parallels.append((y, text if 24 < y < view.height - 30 else ""))
    return meridians, parallels


def _rivers(view: View) -> Iterator[str]:
    for _, course in RIVERS:
        points = [view.xy(*point) for point in course]
        if not any(-60 < x < WIDTH + 60 and -60 < y < view.height + 60 for x, y in points):
            continue
        path = f"M{points[0][0]:.0f} {points[0][1]:.0f}"
        for (x, y), (after_x, after_y) in pairwise(points[1:]):
            path += f"Q{x:.0f} {y:.0f} {(x + after_x) / 2:.0f} {(y + after_y) / 2:.0f}"
        yield f'<path class="river" d="{path}"/>'


def _circles(view: View, places: Sequence[Place]) -> Iterator[str]:
    for place in places:
        x, y = view.xy(place.where.latitude, place.where.longitude)
        radius = place.where.radius_m / 1000 * view.pixels_per_km(place.where.latitude)
        if radius > 3:
            yield f'<circle class="err {place.kind}" cx="{x:.1f}" cy="{y:.1f}" r="{min(radius, 2 * WIDTH):.1f}"/>'


def _names(
    places: Sequence[Place], spots: Sequence[Point], taken: list[Box], language: Language, view: View
) -> Iterator[str]:
    """Each place's name where it covers least; the same name twice at nearly the same spot is written once."""
    written: list[tuple[str, Point]] = []
    order = sorted(range(len(places)), key=lambda i: ("conflict", "step", "look").index(places[i].kind))
    for i in order:
        text = _shorten(show(places[i].label, language))
        x, y = spots[i]
        if not text or any(text == other and hypot(x - at[0], y - at[1]) < 60 for other, at in written):
            continue
        box, anchor = _free_box(text, (x, y), taken, view)
        taken.append(box)
        written.append((text, (x, y)))
        at_x = {"start": box[0], "end": box[2], "middle": (box[0] + box[2]) / 2}[anchor]
        yield (
            f'<text class="name {places[i].kind}" x="{at_x:.1f}" y="{box[3] - 4:.1f}" text-anchor="{anchor}">'
            f"{escape(text)}</text>"
        )


def _shorten(text: str) -> str:
    return text if _width(text, 1) <= 12 else text[:11] + "…"


def _free_box(text: str, spot: Point, taken: Sequence[Box], view: View) -> tuple[Box, str]:
    wide, high, gap = _width(text, _FONT) + 2, _FONT + 3, _MARKER + 4
    x, y = spot
    # Above and below a marker near the edge a name is moved inwards.
    left = max(2.0, min(x - wide / 2, WIDTH - 2 - wide))
    candidates: list[tuple[Box, str]] = [
        ((x + gap, y - high / 2, x + gap + wide, y + high / 2), "start"),
        ((x - gap - wide, y - high / 2, x - gap, y + high / 2), "end"),
        ((left, y + gap - 1, left + wide, y + gap - 1 + high), "middle"),
        ((left, y - gap - high + 1, left + wide, y - gap + 1), "middle"),
    ]

    def cost(candidate: tuple[Box, str]) -> float:
        box = candidate[0]
        outside = max(0, -box[0]) + max(0, box[2] - WIDTH) + max(0, 12 - box[1]) + max(0, box[3] - view.height)
        return 40 * outside + 40 * sum(_overlap(box, other) for other in taken)

    return min(candidates, key=cost)


def _cities(view: View, taken: list[Box], language: Language, named: set[str]) -> Iterator[str]:
    """A few known cities to find one's way by, the larger ones first, where nothing else stands."""
    drawn = 0
    for english, chinese, latitude, longitude in CITIES:
        text = chinese if language == "zh" else english
        x, y = view.xy(latitude, longitude)
        box = (x - 6, y - 9, x + 8 + _width(text, _SMALL), y + 9)
        inside = x > 10 and box[2] < WIDTH - 4 and 20 < y < view.height - 28
        if english in named or not inside or any(_overlap(box, other) for other in taken):
            continue
        taken.append((box[0] - 14, box[1] - 14, box[2] + 14, box[3] + 14))
        yield (
            f'<circle class="town" cx="{x:.1f}" cy="{y:.1f}" r="1.8"/>'
            f'<text class="town" x="{x + 5:.1f}" y="{y + 3.5:.1f}">{escape(text)}</text>'
        )
        drawn += 1
        if drawn == _MAX_CITIES:
            return


def _leg(leg: Leg, spots: Sequence[Point], language: Language) -> str:
    """A bent arrow; or, between places that contradict, a straight broken line with its length."""
    (x1, y1), (x2, y2) = spots[leg.start], spots[leg.end]
    apart = hypot(x2 - x1, y2 - y1) or 1.0
    ux, uy = (x2 - x1) / apart, (y2 - y1) / apart
    if leg.km is not None:
        unit = "公里" if language == "zh" else "km"
        middle_x, middle_y = _middle(leg, spots)
        line = f'<path class="clash" d="M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}"/>'
        text = f"{show(about_km(leg.km), language)} {unit}"
        return line + f'<text class="clash" x="{middle_x:.1f}" y="{middle_y:.1f}" text-anchor="middle">{text}</text>'
    bend = 0.14 * apart
    cx, cy = (x1 + x2) / 2 + uy * bend, (y1 + y2) / 2 - ux * bend
    toward = hypot(x2 - cx, y2 - cy) or 1.0
    vx, vy = (x2 - cx) / toward, (y2 - cy) / toward
    tip_x, tip_y = x2 - vx * (_MARKER + 2), y2 - vy * (_MARKER + 2)
    base_x, base_y = tip_x - vx * 8, tip_y - vy * 8
    line = f'<path class="leg" d="M{x1:.1f} {y1:.1f}Q{cx:.1f} {cy:.1f} {base_x:.1f} {base_y:.1f}"/>'
    if apart < 2 * _MARKER + 12:
        return line
    left, right = (base_x - vy * 4, base_y + vx * 4), (base_x + vy * 4, base_y - vx * 4)
    head = f"M{tip_x:.1f} {tip_y:.1f}L{left[0]:.1f} {left[1]:.1f}L{right[0]:.1f} {right[1]:.1f}Z"
    return line + f'<path class="head" d="{head}"/>'


def _middle(leg: Leg, spots: Sequence[Point]) -> Point:
    (x1, y1), (x2, y2) = spots[leg.start], spots[leg.end]
    return (x1 + x2) / 2, (y1 + y2) / 2


def _marker(place: Place, spot: Point) -> str:
    x, y = spot
    if place.kind == "look":
        return f'<circle class="mark look" cx="{x:.1f}" cy="{y:.1f}" r="5"/>'
    return (
        f'<circle class="mark {place.kind}" cx="{x:.1f}" cy="{y:.1f}" r="{_MARKER:.0f}"/>'
        f'<text class="num" x="{x:.1f}" y="{y + 4.5:.1f}" text-anchor="middle">{escape(place.mark)}</text>'
    )


def _scale_bar(view: View) -> Iterator[str]:
    latitude, _ = view.degrees(WIDTH / 2, view.height / 2)
    per_km = view.pixels_per_km(latitude)
    most = 90 / per_km
    power = 10 ** floor(log10(most))
    length = next(factor * power for factor in (5, 2, 1) if factor * power <= most)
    pixels, y = length * per_km, view.height - 10
    yield f'<path class="bar" d="M8 {y - 4:.0f}V{y:.0f}H{8 + pixels:.1f}V{y - 4:.0f}"/>'
    yield f'<text class="bar" x="12" y="{y - 4:.0f}">{length:g} km</text>'
