"""Strangers with phones, real and invented: they want a genuine unit to be called a copy, or the store filled."""

from firmware_sim.adversary.crowd import HARBIN, KUNMING, SHANGHAI, Crowd
from scripts.commands.adversaries.attack import Attack, Play, needed
from scripts.commands.adversaries.stage import DEPOT, GTIN, MAKER, Stage, path_of

_SYBIL_CASES = {
    "four-phones-at-home": Crowd(1, phones=4),
    "fifty-loads-without-cookie": Crowd(1, phones=50, placed=False, cookies=False),
    "photo-in-one-network": Crowd(1, phones=250, placed=False),
    "thousand-phones-one-network": Crowd(1, cities=1, phones=250, days=1),
    "two-networks-two-cities": Crowd(2, cities=2),
    "three-networks-three-cities": Crowd(3, cities=3, days=3),
    "eight-networks-one-city": Crowd(8, cities=1, days=8),
    "ten-networks-one-day": Crowd(10, cities=1, placed=False),
}
"""Crowds below the price of a lie (four networks in two regions): neither page nor owner may be told of a copy."""


def _below_the_price(crowd: Crowd) -> Attack:
    def attack(stage: Stage) -> Play:
        code = stage.unit()
        taken = stage.scan(crowd, code)
        needed(taken >= crowd.networks, "no scan was taken")
        yield f"{taken} scans"
        return stage.accusation(code)

    attack.__doc__ = f"""{crowd.networks} networks, {crowd.phones} phones each, in {crowd.cities} cities and
    {crowd.days} days, {"placed" if crowd.placed else "unplaced"}, {"with" if crowd.cookies else "without"} cookies."""
    return attack


def thousand_networks(stage: Stage) -> Play:
    """A thousand networks in eight cities scan one genuine unit: the owner may be warned, the page says no more."""
    code = stage.unit()
    taken = stage.scan(Crowd(1000, cities=8, days=30), code)
    needed(taken == 1000, f"{taken} of 1000 scans were taken")
    yield f"{taken} scans"
    word = stage.verdict(code)["verdict"]
    return "" if word == "genuine" else f"the page says {word}"


def far_apart_at_once(stage: Stage) -> Play:
    """Two invented phones claim a precise place, 3,000 km apart within a minute."""
    code = stage.unit()
    scans = [
        {"uri": code, "handset": name * 16, "latitude": latitude, "longitude": longitude, "source": "gps"}
        for name, latitude, longitude in (("ab", 31.2, 121.5), ("cd", 43.8, 87.6))
    ]
    with stage.http() as client:
        answers = [client.post("/scans", json=scan) for scan in scans]
    needed(all(answer.is_success for answer in answers), "a scan was not taken")
    yield "2 scans"
    return stage.accusation(code)


def reloads_in_fourteen_seconds(stage: Stage) -> Play:
    """One client loads the page of a genuine unit five times, without a cookie."""
    code = stage.unit()
    with stage.http() as client:
        for _ in range(5):
            needed(client.get(path_of(code), headers={"Accept": "text/html"}).is_success, "no page")
            client.cookies.clear()
    yield "5 loads"
    return stage.accusation(code)


def made_up_serials(stage: Stage) -> Play:
    """One network scans 400 serials that nobody made, each with two invented phones."""
    refused = 0
    with stage.http(address="127.77.1.9") as client:
        for number in range(400):
            serial = f"{number:020d}"
            for phone in ("a", "b"):
                scan = {"uri": f"{stage.stack.base_url}/01/{GTIN}/21/{serial}", "handset": f"{phone}{number:031x}"}
                refused += not client.post("/scans", json=scan).is_success
    needed(refused < 800, "no scan was taken")
    yield f"{800 - refused} scans"
    made_up = f"01/{GTIN}/21/00000000000000%"
    columns = {"event": "item_id", "item_state": "item_id", "finding": "subject", "incident": "subject"}
    grown = []
    for table, column in columns.items():
        # One case for the product and day, and a bounded sample of serials as examples.
        ((rows,),) = stage.query(f"SELECT count(*) FROM suyuan.{table} WHERE {column} LIKE %s", made_up)  # noqa: S608 -- ours
        if rows > (2 if table == "incident" else 40):
            grown.append(f"{rows} rows of {table}")
    return ", ".join(grown)


def frames_a_dealer(stage: Stage) -> Play:
    """Phones of two networks, with invented places, scan forty units of a dealer first, in one far market."""
    codes = stage.units(40)
    taken = stage.scan(Crowd(2, days=3, first_city=HARBIN), *codes)
    needed(taken == 2 * len(codes), f"{taken} of {2 * len(codes)} scans were taken")
    yield f"{taken} scans"
    lane = f"lane/{MAKER}/{DEPOT}/harbin"
    first = stage.query("SELECT count(*) FROM suyuan.first_scan WHERE market_id = 'harbin' AND off_territory")[0][0]
    needed(first >= len(codes), f"only {first} of the scans were taken for first ones")
    return ", ".join(stage.alerts(lane))


def beside_a_buyer_far_away(stage: Stage) -> Play:
    """The real buyer lives 600 km from the shop; three networks in three cities scan the same unit for days."""
    code = stage.unit()
    honest = stage.scan(Crowd(1, first_city=KUNMING), code)
    taken = stage.scan(Crowd(3, cities=3, days=6, first_city=SHANGHAI), code)
    needed(honest == 1 and taken == 3, f"{honest} of 1 and {taken} of 3 scans were taken")
    yield "1 honest scan and 3 more"
    return stage.accusation(code)


def one_bottle_against_ten(stage: Stage) -> Play:
    """Somebody buys one bottle, and sends the code under its cap with the outer codes of ten others."""
    codes = stage.units(10)
    taken = 0
    with stage.http() as client:
        for number, code in enumerate(codes):
            opening = {"inner": stage.inner_codes[0], "outer": code, "handset": f"{number:032x}"}
            taken += client.post("/openings", json=opening).is_success
    needed(taken == len(codes), f"{taken} of {len(codes)} openings were taken")
    yield f"{taken} openings"
    accused = [found for code in codes if (found := stage.accusation(code))]
    return f"{len(accused)} units: {accused[0]}" if len(accused) > 1 else ""


ATTACKS: dict[str, Attack] = {
    **{name: _below_the_price(crowd) for name, crowd in _SYBIL_CASES.items()},
    "thousand-networks": thousand_networks,
    "far-apart-at-once": far_apart_at_once,
    "reloads": reloads_in_fourteen_seconds,
    "made-up-serials": made_up_serials,
    "frames-a-dealer": frames_a_dealer,
    "beside-a-far-buyer": beside_a_buyer_far_away,
    "one-bottle-against-ten": one_bottle_against_ten,
}
