"""Checks beyond the official suite; docs/resolver.md says why each of them matters."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from resolver.web import signatures
from resolver.web.signatures import Exchange, UnprovenAnswer
from schemas import digital_link
from scripts.commands.conformance.check import (
    DEFAULT,
    DEFAULT_MULTI,
    FAIL,
    VOC,
    WARN,
    Check,
    Subject,
)

Outcome = tuple[bool, str]

_BASE64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_ACCEPTS = (
    "",
    "*/*",
    "undefined",
    ";;;,,,",
    "text/html;q=2",
    "text/html;q=0",
    "*/html",
    'application/linkset+json;q=0.5;x="a,b"',
    "a/b," * 1000,
    "\x80\xff",
)
_LANGUAGES = ("", "*", "*;q=0", "zz-" * 100, "en;q=x", "en" + ",en" * 900, "-", "x-klingon;q=0.1", "zh_CN")


def further_checks(subject: Subject) -> Iterator[Check]:
    """The checks that apply to one URI."""
    yield from _ALWAYS
    link = digital_link.parse(subject.uri)
    if link.key == "01" and link.serial is not None:
        yield from _OF_UNITS
    if link.key == "01" and link.serial is None and link.lot is None and link.variant is None:
        yield Check("compression", FAIL, _compressed)


def _status_of_get(subject: Subject) -> Outcome:
    status = subject.get().status
    return status in (200, 300, 301, 302, 303, 307, 308), str(status)


def _walks_up_without_error(subject: Subject) -> Outcome:
    link = digital_link.parse(subject.uri)
    qualifier = {"01": "/21/NO-SUCH-ONE" if link.serial is None else "", "414": "" if link.extension else "/254/NONE"}
    more = qualifier.get(link.key, "")
    responses = [subject.get(more, Accept=accept) for accept in ("*/*", "application/linkset+json", "text/html")]
    statuses = [response.status for response in responses]
    return all(status in (200, 307) for status in statuses), f"{more or 'itself'} answers {statuses}"


def _head(subject: Subject) -> Outcome:
    get, head = subject.get(), subject.client.request(subject.uri, "HEAD")
    same = (get.status, get.location, get.header("link")) == (head.status, head.location, head.header("link"))
    return same and not head.body, f"{get.status} and {head.status}, {len(head.body)} bytes"


def _no_accept(subject: Subject) -> Outcome:
    status = subject.get().status
    return status == 307, str(status)


def _linkset_beside_html(subject: Subject) -> Outcome:
    response = subject.get(Accept="text/html, application/linkset+json")
    return (response.status, response.content_type) == (200, "application/linkset+json"), f"{response.status}"


def _odd_headers(subject: Subject) -> Outcome:
    for name, values in (("Accept", _ACCEPTS), ("Accept_Language", _LANGUAGES)):
        for value in values:
            status = subject.get(**{name: value}).status
            if status not in (200, 300, 307):
                return False, f"{name}: {value[:40]!r} answers {status}"
    return True, f"{len(_ACCEPTS) + len(_LANGUAGES)} headers"


def _vary(subject: Subject) -> Outcome:
    for response in (subject.get(), subject.linkset_response):
        varies = {name.strip().lower() for name in response.header("vary").split(",")}
        if not {"accept", "accept-language"} <= varies or not response.header("cache-control"):
            return False, f"Vary: {response.header('vary')}, Cache-Control: {response.header('cache-control')}"
    return True, "Accept and Accept-Language, with Cache-Control"


def _preferred_language(subject: Subject) -> Outcome | None:
    english = _target(subject, "en")
    if english is None:
        return None
    for wish in ("ja;q=0.1,en;q=0.9", "en;q=0.2, ja, de;q=0.1"):
        location = subject.get(Accept_Language=wish).location
        if location != english:
            return False, f"{wish} leads to {location}"
    return True, english


def _language_fallback(subject: Subject) -> Outcome | None:
    english = _target(subject, "en")
    if english is None:
        return None
    location = subject.get(Accept_Language="en-AU").location
    return location == english, f"en-AU leads to {location}"


def _unknown_language(subject: Subject) -> Outcome | None:
    if _target(subject, "en") is None:
        return None
    response = subject.get(Accept_Language="tlh")
    default = subject.default_links[0]["href"]
    return response.location == default, f"{response.status} {response.location}"


def _target(subject: Subject, language: str) -> str | None:
    links = subject.own_context.get(DEFAULT_MULTI, [])
    return next((link["href"] for link in links if link.get("hreflang") == [language]), None)


def _default_is_bare(subject: Subject) -> Outcome:
    extra = {name for link in subject.default_links for name in link} - {"href", "title"}
    return not extra, f"attributes of choice: {sorted(extra)}" if extra else "href and title only"


def _query_merged(subject: Subject) -> Outcome:
    for relation, link in _plain_links(subject):
        location = subject.get(f"?linkType={quote(relation, safe='')}&foo=b%26r&context=XX").location
        query = parse_qs(urlsplit(location).query)
        if location.count("?") > 1 or {"linkType", "context"} & (
            query.keys() - parse_qs(urlsplit(link["href"]).query).keys()
        ):
            return False, location
        if link.get("fwqs", True) is not False and query.get("foo") != ["b&r"]:
            return False, location
        if link.get("fwqs", True) is False and location != link["href"]:
            return False, location
    return True, "one query each, without the resolver's own parameters"


def _no_open_redirect(subject: Subject) -> Outcome:
    target = urlsplit(subject.get().location)
    for evil in (
        "?url=https://evil.example",
        "?//evil.example",
        "?foo=bar%0d%0aSet-Cookie:%20x=1",
        "?%23@evil.example/",
        "?foo=bar&next=//evil.example",
    ):
        response = subject.get(evil)
        there = urlsplit(response.location)
        if (there.scheme, there.netloc, there.path) != (target.scheme, target.netloc, target.path):
            return False, f"{evil} leads to {response.location}"
        if "x=1" in response.header("set-cookie"):
            return False, f"{evil} wrote a header"
    return True, "the target's host and path are the maker's"


def _spellings(subject: Subject) -> Outcome | None:
    relation, link = next((pair for pair in _plain_links(subject) if pair[0].startswith(VOC)), (None, None))
    if relation is None or link is None:
        return None
    name = relation.removeprefix(VOC)
    spellings = (f"gs1:{name}", f"gs1%3A{name}", quote(relation, safe=""), relation)
    locations = {subject.get(f"?linkType={spelling}").location for spelling in spellings}
    return locations == {link["href"]}, f"{len(locations)} targets for {len(spellings)} spellings of gs1:{name}"


def _plain_links(subject: Subject) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for relation, links in subject.own_context.items():
        if isinstance(links, list) and len(links) == 1 and relation not in (DEFAULT, DEFAULT_MULTI):
            yield relation, links[0]


def _text_linkset(subject: Subject) -> Outcome:
    response = subject.get(Accept="application/linkset")
    text = response.body.decode("utf-8", "replace")
    is_linkset = response.status == 200 and response.content_type == "application/linkset"
    return is_linkset and text.startswith(
        "<"
    ) and f'anchor="{subject.uri}"' in text, f"{response.status} {response.content_type}"


def _anchors_in_order(subject: Subject) -> Outcome:
    anchors = [str(context["anchor"]) for context in subject.contexts]
    depths = [anchor.count("/") for anchor in anchors[1:]]
    return anchors[:1] == [subject.uri] and depths == sorted(depths, reverse=True), ", ".join(anchors)[:300]


def _malformed(subject: Subject) -> Outcome:
    base = subject.client.base
    link = digital_link.parse(subject.uri)
    wrong = [
        f"/{link.key}/{link.value[:-1]}{(int(link.value[-1]) + 1) % 10}"
        if link.key in ("01", "00", "414")
        else "/01/1",
        "/01/09521234000010",
        "/01/0952123400001X",
        "/01/09521234000013/21/" + "A" * 21,
        "/01/09521234000013/21/%E4%BD%A0%E5%A5%BD",
        "/01/09521234000013/21/A%00B",
        "/01/09521234000013/21/A%0D%0AX:1",
        "/01/09521234000013/21/A%7FB",
        "/01/09521234000013/21/%C0%AF",
        "/01/09521234000013/21/A/10/B",
        "/01/09521234000013/21/A/21/B",
        "/01/09521234000013/99/A",
        "/00/095212340000000",
        "/01/09521234000013/21/A?" + "x" * 8192,
        "/01/09521234000013/21/A/../../../etc/passwd",
    ]
    for path in wrong:
        response = subject.client.request(base + path)
        problem = response.json()
        if response.status != 400 or response.content_type != "application/problem+json":
            return False, f"{path[:80]} answers {response.status} {response.content_type}"
        if not isinstance(problem, dict) or not problem.get("part") or len(problem.get("span", [])) != 2:
            return False, f"{path[:80]}: the problem names no part and position"
    return True, f"{len(wrong)} malformed addresses"


def _compressed(subject: Subject) -> Outcome:
    gtin = digital_link.parse(subject.uri).value
    # Compression 1.0.0: the AI in steps of four bits, then its 14 digits as a number of 47 bits, filled up to sixes.
    bits = f"00000001{int(gtin):047b}"
    bits += "0" * (-len(bits) % 6)
    packed = "".join(_BASE64URL[int(bits[at : at + 6], 2)] for at in range(0, len(bits), 6))
    plain, response = subject.get(), subject.client.request(f"{subject.client.base}/{packed}")
    same = (plain.status, plain.location) == (response.status, response.location)
    named = f'<{subject.client.base}/01/{gtin}>; rel="owl:sameAs"' in response.header("link")
    return same and named, f"/{packed} answers {response.status}, Link: {response.header('link')[:200]}"


def _signed_verdict(subject: Subject) -> Outcome:
    keys = signatures.read_directory(subject.client.request("/.well-known/http-message-signatures-directory").body)
    uri = subject.uri + "?linkType=suyuan:verdict"
    response = subject.client.request(uri, Accept="application/json")
    exchange = Exchange("GET", uri, response.status, response.header("content-type"), response.body)
    try:
        at = signatures.verify(exchange, response.headers, keys)
    except UnprovenAnswer as error:
        return False, str(error)
    verdict = response.json()
    missing = {
        "verdict",
        "reasons",
        "confidence",
        "first_seen",
        "last_seen",
        "scans",
        "custody",
        "recall",
        "expiry",
        "actions",
    } - verdict.keys()
    return not missing, f"{verdict['verdict']}, signed {at:%Y-%m-%dT%H:%M:%SZ}" if not missing else f"no {missing}"


def _tampered_verdict(subject: Subject) -> Outcome:
    keys = signatures.read_directory(subject.client.request("/.well-known/http-message-signatures-directory").body)
    uri = subject.uri + "?linkType=suyuan:verdict"
    response = subject.client.request(uri)
    kind = response.header("content-type")
    changed = (
        Exchange("GET", uri, response.status, kind, response.body.replace(b'"verdict":"', b'"verdict":"x', 1)),
        Exchange("GET", uri + "&a=b", response.status, kind, response.body),
        Exchange("HEAD", uri, response.status, kind, response.body),
        Exchange("GET", uri, 404, kind, response.body),
    )
    for exchange in changed:
        try:
            signatures.verify(exchange, response.headers, keys)
        except UnprovenAnswer:
            continue
        return False, f"still holds for {exchange.method} {exchange.target_uri} {exchange.status}"
    return True, "another body, address, method or status does not hold"


def _browser_gets_the_page(subject: Subject) -> Outcome:
    response = subject.get(Accept="text/html,application/xhtml+xml,*/*;q=0.8", User_Agent="conformance bot/1")
    return response.status in (200, 307), f"{response.status} {response.content_type}"


def _forged_has_the_same_members(subject: Subject) -> Outcome:
    guess = subject.uri.rpartition("/")[0] + "/" + "0123456789ABCDEFGHJK"
    real, guessed = (subject.client.request(uri + "?linkType=suyuan:verdict").json() for uri in (subject.uri, guess))
    return guessed["verdict"] == "forged" and real.keys() == guessed.keys(), f"{guessed['verdict']}, same members"


_ALWAYS = [
    Check("resolves", FAIL, _status_of_get),
    Check("walkUpWithoutError", FAIL, _walks_up_without_error),
    Check("headLikeGet", FAIL, _head),
    Check("noAcceptRedirects", FAIL, _no_accept),
    Check("linksetBesideHtml", FAIL, _linkset_beside_html),
    Check("oddHeaders", FAIL, _odd_headers),
    Check("varyAndCaching", FAIL, _vary),
    Check("languageByWeight", FAIL, _preferred_language),
    Check("languageFallback", FAIL, _language_fallback),
    Check("languageUnknown", FAIL, _unknown_language),
    Check("defaultLinkBare", WARN, _default_is_bare),
    Check("queryMerged", FAIL, _query_merged),
    Check("noOpenRedirect", FAIL, _no_open_redirect),
    Check("linkTypeSpellings", FAIL, _spellings),
    Check("textLinkset", FAIL, _text_linkset),
    Check("anchorsInOrder", FAIL, _anchors_in_order),
    Check("malformedUris", FAIL, _malformed),
    Check("browserServed", FAIL, _browser_gets_the_page),
]
_OF_UNITS = [
    Check("signedVerdict", FAIL, _signed_verdict),
    Check("tamperedVerdict", FAIL, _tampered_verdict),
    Check("guessLooksLikeAny", FAIL, _forged_has_the_same_members),
]
