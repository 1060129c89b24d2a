"""Consumers' reports as the maker reads them: prices far below the channel's, photos."""

import io

from PIL import Image

from schemas.price import price_channel
from tests.support.case_world import (
    DEALER,
    GTIN,
    MAKER,
    RIVAL,
    item,
)


def test_a_price_far_below_the_channels_is_flagged_to_the_maker_and_to_nobody_else(room):
    for number, price in enumerate([12800, 12900, 13000, 12700, 13100, 12800, 4990]):
        room.owner.execute(
            "INSERT INTO suyuan.consumer_report (report_id, item_id, owner_org, suspicion, price_fen)"
            " VALUES (gen_random_uuid(), %s, %s, 'price', %s)",
            [item(f"M{number}"), MAKER, price],
        )
        room.owner.execute(
            "INSERT INTO suyuan.first_scan VALUES (%s, %s, 'depot-chengdu', 'shanghai', false, now())",
            [item(f"M{number}"), MAKER],
        )
    listed = room.ask(MAKER, "GET", f"/api/v1/reports?gtin={GTIN}").json()["reports"]
    assert [each["price_fen"] for each in listed if each["far_below"]] == [4990]
    assert listed[0]["channel"] == {"market_id": "shanghai", "prices": 7, "median_fen": 12800}
    assert room.ask(RIVAL, "GET", "/api/v1/reports").json()["reports"] == []
    room.ask(DEALER, "GET", "/api/v1/reports", 403)


def test_reports_and_evidence_agree_on_what_a_product_costs_and_which_prices_are_slips(room):
    gtin, prices = "09521234000990", [12800, 12900, 13400, 11700, 13100, 12750, 128, 307200, 10000, 4990]
    for number, price in enumerate(prices):
        room.owner.execute(
            "INSERT INTO suyuan.consumer_report (report_id, item_id, owner_org, suspicion, price_fen)"
            " VALUES (gen_random_uuid(), %s, %s, 'price', %s)",
            [f"01/{gtin}/21/P{number}", MAKER, price],
        )
    channel = price_channel(prices)
    assert channel is not None
    listed = room.ask(MAKER, "GET", f"/api/v1/reports?gtin={gtin}").json()["reports"]
    shown = {"market_id": None, "prices": channel.prices, "median_fen": round(channel.middle)}
    assert [row["channel"] for row in listed] == [shown] * len(prices)
    far = [row["price_fen"] for row in listed if row["far_below"]]
    assert far == [price for price in prices if channel.far_below(price)] == [4990], "a slip is no low price"


def test_a_photo_is_kept_without_what_the_camera_wrote_into_it(room):
    picture = Image.new("RGB", (3000, 20), "red")
    exif = Image.Exif()
    exif[0x010F] = "Camera of somebody"
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", exif=exif)
    (report,) = room.owner.execute(
        "INSERT INTO suyuan.consumer_report (report_id, item_id, owner_org, suspicion)"
        " VALUES (gen_random_uuid(), %s, %s, 'counterfeit') RETURNING report_id",
        [item("M9"), MAKER],
    ).fetchone()
    path = f"/reports/{report}/photos"
    added = room.client.post(path, content=buffer.getvalue())
    assert added.status_code == 201, added.text
    assert room.client.post(path, content=b"GIF89a no photo").status_code == 422
    assert room.client.post(path, content=b"x" * (4 * 1024 * 1024 + 1)).status_code == 413
    unknown = room.client.post("/reports/00000000-0000-4000-8000-000000000000/photos", content=buffer.getvalue())
    assert unknown.status_code == 404
    shown = f"/api/v1/reports/{report}/photos/{added.json()['sha256']}"
    kept = Image.open(io.BytesIO(room.ask(MAKER, "GET", shown).content))
    assert kept.width == 2048
    assert not kept.getexif()
    room.ask(RIVAL, "GET", shown, 404)
    listed = room.ask(MAKER, "GET", f"/api/v1/reports?item={item('M9')}").json()["reports"]
    assert listed[0]["photos"] == [added.json()["sha256"]]
