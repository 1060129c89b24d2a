"""Those who gain: a rival maker, an accused dealer, a tenant's leaked token."""

from firmware_sim.adversary.crowd import Crowd
from scripts.commands.adversaries.attack import Attack, Play, needed
from scripts.commands.adversaries.stage import DEALER, DEPOT, GTIN, LOT, MAKER, MALLORY, RIVAL, Stage, item_of

_REPORT = {"suspicion": "counterfeit", "place": "Harbin", "remark": "tastes wrong"}


def rival_reports(stage: Stage) -> Play:
    """A rival reports a genuine unit as counterfeit from three networks, two hundred times under made-up phones."""
    code = stage.unit()
    taken = 0
    for network in (1, 2, 3):
        with stage.http(address=f"127.88.{network}.5") as client:
            for number in range(67):
                body = _REPORT | {"uri": code, "handset": f"{network}{number:031x}"}
                taken += client.post("/reports", json=body).is_success
    needed(taken, "no report was taken")
    yield f"{taken} of 201 reports were taken"
    rows = stage.query("SELECT count(*) FROM suyuan.consumer_report WHERE item_id = %s", item_of(code))
    return stage.accusation(code) or ("" if rows[0][0] <= 60 else f"{rows[0][0]} reports are kept of one unit")


def report_from_anothers_site(stage: Stage) -> Play:
    """A page of another site sends its visitors' browsers to report a unit."""
    code = stage.unit()
    headers = {
        "Origin": "https://evil.example",
        "Sec-Fetch-Site": "cross-site",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    with stage.http() as client:
        answer = client.post("/reports", data=_REPORT | {"uri": code}, headers=headers)
    yield f"status {answer.status_code}"
    return "the report was taken" if answer.is_success or answer.is_redirect else ""


def report_of_a_made_up_code(stage: Stage) -> Play:
    """Reports of serials that nobody made fill a maker's list, or accuse its product."""
    taken = 0
    with stage.http(address="127.89.1.5") as client:
        for number in range(20):
            uri = f"{stage.stack.base_url}/01/{GTIN}/21/{number:020d}"
            taken += client.post("/reports", json=_REPORT | {"uri": uri}).is_success
    needed(taken, "no report was taken")
    yield f"{taken} of 20 reports were taken"
    made_up = f"01/{GTIN}/21/000000%"
    (units,) = stage.query("SELECT count(*) FROM suyuan.consumer_report WHERE item_id LIKE %s", made_up)[0]
    (stored,) = stage.query("SELECT count(*) FROM suyuan.false_report WHERE item_id LIKE %s", made_up)[0]
    (due,) = stage.query("SELECT count(*) FROM suyuan.assessment_due WHERE item_id LIKE %s", made_up)[0]
    if units or due:
        return f"{units} reports are kept as those of units, {due} are to be assessed"
    return f"{stored} reports of one network are kept" if stored > 2 else ""


def rival_reads(stage: Stage) -> Play:
    """A rival's token asks for another maker's histories, items, claims and incidents."""
    code = stage.unit()
    item = item_of(code)
    gtin, serial = item.split("/")[1], item.split("/")[3]
    seen = []
    with stage.http(stage.tokens[RIVAL]) as client:
        for path in (
            f"/api/v1/history?gtin={gtin}&serial={serial}",
            f"/api/v1/history?gtin={gtin}&lot={LOT}",
            "/api/v1/claims",
            "/api/v1/alerts",
            "/api/v1/cases",
            f"/api/v1/batches/{LOT}",
        ):
            answer = client.get(path)
            if answer.is_success and (serial in answer.text or LOT in answer.text):
                seen.append(path.split("?")[0])
    yield "6 questions"
    return f"it was shown {', '.join(seen)}" if seen else ""


def rival_recalls(stage: Stage) -> Play:
    """A rival's token recalls and revokes another maker's lot."""
    code = stage.unit()
    why = {"reason": "broken glass", "reason_zh": "玻璃碎片"}
    with stage.http(stage.tokens[RIVAL]) as client:
        answers = [client.post(f"/api/v1/batches/{LOT}/{verb}", json=why) for verb in ("recall", "revocation")]
    yield ", ".join(str(answer.status_code) for answer in answers)
    return stage.accusation(code)


def dealer_token_enrols_for_another(stage: Stage) -> Play:
    """A leaked token of one dealer's enrols a reader for another dealer's organisation and depot."""
    with stage.http(stage.tokens[MALLORY]) as client:
        answers = [
            client.post("/api/v1/enrolments", json={"org_id": org, "reader_id": "gate-9", "site_id": DEPOT})
            for org in (DEALER, MALLORY)
        ]
    yield ", ".join(str(answer.status_code) for answer in answers)
    return "it was enrolled" if any(answer.is_success for answer in answers) else ""


def dealer_token_takes_a_mandate(stage: Stage) -> Play:
    """A leaked token of a dealer's gives that dealer a mandate over a maker's goods."""
    body = {"org_id": MALLORY, "verb": "end", "owner_org": MAKER}
    with stage.http(stage.tokens[MALLORY]) as client:
        answer = client.post("/api/v1/mandates", json=body)
    yield f"status {answer.status_code}"
    stored = stage.query("SELECT count(*) FROM suyuan.mandate WHERE org_id = %s AND owner_org = %s", MALLORY, MAKER)
    return "the mandate stands" if stored[0][0] else ""


def accused_dealer_floods(stage: Stage) -> Play:
    """An accused dealer has a crowd scan forty genuine units, so that a copied one drowns in what is usual."""
    copied = stage.unit()
    taken = stage.scan(Crowd(24, cities=8, days=20), copied)
    for code in stage.units(40):
        taken += stage.scan(Crowd(6, cities=1, days=1), code)
    needed(taken > 200, "no scan was taken")
    yield f"{taken} scans"
    return "" if stage.alerts(item_of(copied)) else "the copied unit's alert is gone"


ATTACKS: dict[str, Attack] = {
    "rival-reports": rival_reports,
    "foreign-form": report_from_anothers_site,
    "made-up-report": report_of_a_made_up_code,
    "rival-reads": rival_reads,
    "rival-recalls": rival_recalls,
    "leaked-token-enrols": dealer_token_enrols_for_another,
    "leaked-token-mandate": dealer_token_takes_a_mandate,
    "accused-floods": accused_dealer_floods,
}
