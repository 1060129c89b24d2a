import xml.etree.ElementTree as ET
from math import hypot

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.consumer.itinerary import Conflict, Leg, Place, coarse, itinerary
from resolver.consumer.map import WIDTH, draw, fit
from resolver.text.formats import Name
from resolver.verdict.chain import build_chain
from schemas.geodesy import Position, distance_km
from tests.support.samples import JOURNEY, event_id, look

SVG = "{http://www.w3.org/2000/svg}"


def place(mark, latitude, longitude, radius_m=100.0, kind="step", label="Here"):
    return Place(mark, kind, Position(latitude, longitude, radius_m), Name(en=label, zh="此处"))


def drawn(places, legs=(), language="en"):
    svg = draw(places, legs, language=language, title="A map", description="Places")
    return ET.fromstring(str(svg).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1))


def marks(svg):
    return [
        (float(each.get("cx")), float(each.get("cy")))
        for each in svg.iter(f"{SVG}circle")
        if "mark" in each.get("class")
    ]


places_anywhere = st.lists(
    st.builds(place, st.just("1"), st.floats(-75, 75), st.floats(-180, 180), st.floats(0, 50_000)),
    min_size=1,
    max_size=8,
)


@given(places_anywhere)
def test_every_place_lies_inside_the_map(places):
    view = fit(places)
    for each in places:
        x, y = view.xy(each.where.latitude, each.where.longitude)
        assert 0 < x < WIDTH
        assert 0 < y < view.height


@given(places_anywhere)
def test_the_drawing_is_well_formed_and_always_the_same(places):
    legs = [Leg(n, n + 1) for n in range(len(places) - 1)]
    assert ET.tostring(drawn(places, legs)) == ET.tostring(drawn(places, legs))


@given(st.lists(st.tuples(st.floats(-1e-3, 1e-3), st.floats(-1e-3, 1e-3)), min_size=2, max_size=5))
def test_markers_of_one_town_do_not_cover_each_other(offsets):
    spots = marks(drawn([place(str(n), 30 + a, 114 + b) for n, (a, b) in enumerate(offsets)]))
    for i, one in enumerate(spots):
        for other in spots[:i]:
            assert hypot(one[0] - other[0], one[1] - other[1]) > 18


def written(svg, *kinds):
    """The boxes in which texts of some classes stand, as wide as a browser's letters at most."""
    for text in svg.iter(f"{SVG}text"):
        kind = text.get("class").split()[0]
        if kind in kinds:
            size = {"name": 13, "town": 10, "grad": 9}[kind]
            wide = sum(size if ord(letter) > 0x2E80 else 0.6 * size for letter in text.text)
            x, y = float(text.get("x")), float(text.get("y"))
            x -= {"start": 0, "middle": wide / 2, "end": wide}[text.get("text-anchor", "start")]
            yield x, y - 0.75 * size, x + wide, y


@pytest.mark.parametrize("language", ["zh", "en"])
def test_no_name_is_cut_off_at_the_edge_and_none_stands_on_the_degrees(language):
    journey = [
        place("1", 27.73, 106.93, label="Zunyi plant"),
        place("2", 29.6, 106.5, label="Chongqing centre"),
        place("3", 22.54, 114.06, label="Shenzhen shop"),
        place("", 31.23, 121.47, kind="look", label="near Shanghai"),
    ]
    for places in (journey, journey[:3], journey[2:], [place("1", 25.04, 102.71, label="Kunming")]):
        svg = drawn(places, language=language)
        names = list(written(svg, "name", "town"))
        assert names
        assert min(left for left, _, _, _ in names) >= 0
        assert max(right for _, _, right, _ in names) <= WIDTH
        for left, top, right, bottom in names:
            for a, b, c, d in written(svg, "grad"):
                assert not (left < c and a < right and top < d and b < bottom)


def test_north_is_up_and_east_is_right():
    (x1, y1), (x2, y2) = marks(drawn([place("1", 26, 106), place("2", 40, 120)]))
    assert x1 < x2
    assert y1 > y2


def test_a_journey_across_the_date_line_takes_the_short_way():
    (x1, _), (x2, _) = marks(drawn([place("1", 35, 140), place("2", 37, -122)]))
    assert 0 < x1 < x2 < WIDTH


def test_a_circle_is_as_large_as_the_error_on_the_ground():
    places = [place("1", 30, 114, 50_000, kind="look"), place("2", 32, 114)]
    view = fit(places)
    svg = drawn(places)
    (circle,) = [each for each in svg.iter(f"{SVG}circle") if each.get("class") == "err look"]
    y1, y2 = (view.xy(latitude, 114)[1] for latitude in (30, 30.001))
    per_km = (y1 - y2) / distance_km(Position(30, 114, 0), Position(30.001, 114, 0))
    assert float(circle.get("r")) == pytest.approx(50 * per_km, rel=0.01)


def test_the_scale_bar_is_as_long_as_it_says():
    places = [place("1", 30, 110), place("2", 30, 114)]
    view = fit(places)
    svg = drawn(places)
    (text,) = [each.text for each in svg.iter(f"{SVG}text") if each.get("class") == "bar"]
    (bar,) = [each.get("d") for each in svg.iter(f"{SVG}path") if each.get("class") == "bar"]
    pixels = float(bar.split("H")[1].split("V")[0]) - 8
    assert pixels / float(text.removesuffix(" km")) == pytest.approx(view.pixels_per_km(30), rel=0.02)


def test_names_are_escaped_and_long_ones_shortened():
    svg = drawn([place("1", 30, 114, label="<b>&")])
    assert [each.text for each in svg.iter(f"{SVG}text") if each.get("class") == "name step"] == ["<b>&"]
    long = drawn([place("1", 30, 114, label="A very long name of a very small place")])
    assert any(each.text.endswith("…") for each in long.iter(f"{SVG}text"))


def test_a_map_names_itself_for_those_who_cannot_see_it():
    svg = drawn([place("1", 30, 114)])
    assert svg.get("role") == "img"
    assert [each.get("id") for each in svg[:2]] == svg.get("aria-labelledby").split()
    assert [each.text for each in svg[:2]] == ["A map", "Places"]


def test_known_cities_help_to_find_ones_way_in_the_readers_language():
    towns = {
        each.text
        for each in drawn([place("1", 26.6, 106.6), place("2", 39.9, 116.4)], language="zh").iter(f"{SVG}text")
    }
    assert "武汉" in towns


def test_no_place_no_map():
    assert draw([], [], language="en", title="", description="") == ""


def test_places_are_numbered_by_first_visit_and_legs_join_them():
    way = itinerary(build_chain(JOURNEY))
    assert [each.mark for each in way.places] == ["1", "2", "3", "4"]
    assert [each.label.zh for each in way.places] == ["遵义", "重庆", "武汉", "武汉"]
    assert way.legs == (Leg(0, 1), Leg(1, 2), Leg(2, 3))
    assert way.marks[event_id("sold")] == "4"


def test_contradicting_looks_become_lettered_places_with_the_distance_between():
    rows = (*JOURNEY, look("a", 900, 30.52, 114.36), look("b", 901, 45.75, 126.64))
    way = itinerary(build_chain(rows), [Conflict(str(event_id("a")), str(event_id("b")), 2000)])
    accused = [each for each in way.places if each.kind == "conflict"]
    assert [each.mark for each in accused] == ["A", "B"]
    assert way.legs[-1].km == 2000
    assert any(each.get("class") == "clash" for each in drawn(way.places, way.legs).iter(f"{SVG}path"))


def test_a_contradiction_whose_places_are_not_known_draws_nothing():
    way = itinerary(
        build_chain([*JOURNEY, look("a", 900)]), [Conflict(str(event_id("a")), str(event_id("sold")), 2000)]
    )
    assert all(leg.km is None for leg in way.legs)


def test_looks_from_one_neighbourhood_are_one_place_and_vague_ones_none():
    rows = [look("a", 1, 30.52, 114.36), look("b", 2, 30.54, 114.38), look("c", 3, 30, 110, radius_m=300_000.0)]
    assert len(itinerary(build_chain(rows)).places) == 1


@given(st.floats(-80, 80), st.floats(-179, 179), st.floats(0, 50_000))
def test_a_consumers_place_is_published_to_ten_kilometres_only(latitude, longitude, radius_m):
    published = coarse(Position(latitude, longitude, radius_m))
    assert published.radius_m >= 10_000
    assert published.latitude * 10 == pytest.approx(round(published.latitude * 10), abs=1e-6)
    assert distance_km(Position(latitude, longitude, 0), published) < published.radius_m / 1000
