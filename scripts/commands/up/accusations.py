"""Everything in which the demo's maker or regulator reads an accusation: alerts, their cases' members, leak reports."""

from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

from scripts.system.api_client import Client


class Accusation(NamedTuple):
    """Where it stands, and whom or what it names: a subject of a finding, an organisation, a site, or an item."""

    where: str
    named: str

    def names_organisation(self, org_id: str) -> bool:
        """Whether it names the organisation or one of its sites, whose ids begin with its own."""
        return any(part == org_id or part.startswith(f"{org_id}-") for part in self.named.split("/"))

    def names_item(self, path: str) -> bool:
        """Whether it names the item of a code's path."""
        return bool(self.named) and path.endswith(self.named)


def accusations(maker: Client, regulator: Client) -> list[Accusation]:
    """All that stand: of every open alert its subject and all members, of every leak report its sites and codes."""
    return [*_of_cases(maker), *_of_leaks(regulator)]


def open_alerts(maker: Client, **filters: str) -> Iterator[dict[str, Any]]:
    """The maker's alerts that are not closed."""
    for answer in _pages(maker, "/api/v1/alerts", filters):
        yield from (alert for alert in answer["alerts"] if alert["state"] != "closed")


def _of_cases(maker: Client) -> Iterator[Accusation]:
    for alert in open_alerts(maker):
        case_id = alert["case_id"]
        where = f"case {case_id} of {alert['kind']}"
        yield Accusation(where, alert["subject"])
        accused = maker.get(f"/api/v1/cases/{case_id}")["accused_org"]
        if accused:
            yield Accusation(where, accused)
        for answer in _pages(maker, f"/api/v1/cases/{case_id}/members", {}):
            yield from (Accusation(where, member["subject"]) for member in answer["members"])


def _of_leaks(regulator: Client) -> Iterator[Accusation]:
    for leak in regulator.get("/api/v1/leaks")["leaks"]:
        where = f"leak report of {leak['gtin']}"
        yield from (Accusation(where, str(site)) for site in leak["credible"])
        yield from (Accusation(where, suspect["item"]) for suspect in leak["suspects"])


def _pages(client: Client, path: str, filters: dict[str, str]) -> Iterator[dict[str, Any]]:
    query: dict[str, str | int] = {"limit": 200, **filters}
    while True:
        answer = client.get(path, **query)
        yield answer
        if not answer["next"]:
            return
        query["cursor"] = parse_qs(urlsplit(answer["next"]).query)["cursor"][0]
