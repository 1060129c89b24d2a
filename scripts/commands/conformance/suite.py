"""The checks of the official suite (gs1/GS1DL-resolver-testsuite, 2026-06), in its order and by its names."""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from resolver.link import vocabulary
from schemas import digital_link
from schemas.errors import InvalidIdentifier
from scripts.commands.conformance.check import (
    DEFAULT,
    DEFAULT_MULTI,
    FAIL,
    LINKSET_JSON,
    VOC,
    WARN,
    Check,
    Subject,
    faults,
)

Outcome = tuple[bool, str]

_KEY = re.compile(r"/(?:00|01|253|255|40[12]|41[457]|800[346]|801[0378])/\d{4}")
_WALKS = {"01": "/10/KL8G", "414": "/254/KL8G"}


def official(subject: Subject) -> Iterator[Check]:
    """The suite's checks for one URI; which links are checked depends on the linkset that the resolver returns."""
    yield from _FIXED
    if faults(subject.linkset_response.json(), "linkset"):
        return
    yield from _ON_LINKSETS
    yield from _of_links(subject)
    yield Check("linkTypesDefined", WARN, _link_types_defined)
    yield Check("specificLinkTypeNotFound", FAIL, _no_such_link_type)


def _is_url(subject: Subject) -> Outcome:
    parts = urlsplit(subject.uri)
    return parts.scheme in ("http", "https") and "." in parts.netloc, subject.uri


def _is_https(subject: Subject) -> Outcome:
    return urlsplit(subject.uri).scheme == "https", urlsplit(subject.uri).scheme


def _plausible(subject: Subject) -> Outcome:
    return _KEY.search(urlsplit(subject.uri).path) is not None, "a primary key and at least four digits"


def _valid(subject: Subject) -> Outcome:
    try:
        link = digital_link.parse(subject.uri)
    except InvalidIdentifier as error:
        return False, str(error)
    return True, f"({link.key}) is its primary key"


def _walk_up(subject: Subject) -> Outcome | None:
    link = digital_link.parse(subject.uri)
    if link.key not in _WALKS:
        return None
    response = subject.client.request(f"{subject.client.base}/{link.key}/{link.value}{_WALKS[link.key]}")
    return response.status != 404, f"{_WALKS[link.key]} answers {response.status}"


def _tls(subject: Subject) -> Outcome | None:
    if not subject.client.base.startswith("https:"):
        return None
    return bool(subject.client.request("/", "HEAD").status), "TLS is spoken"


def _description(subject: Subject) -> Outcome:
    response = subject.client.request("/.well-known/gs1resolver", Accept="application/json")
    wrong = faults(response.json(), "gs1resolver")
    return response.status == 200 and not wrong, wrong[0] if wrong else f"{response.status}, valid"


def _http_version(subject: Subject) -> Outcome:
    return subject.client.request("/").version >= 11, "HTTP/1.1 or later"


def _cors(subject: Subject) -> Outcome:
    return bool(subject.preflight.header("access-control-allow-origin")), str(subject.preflight.status)


def _methods(subject: Subject) -> Outcome:
    allowed = subject.preflight.header("access-control-allow-methods")
    return all(method in allowed for method in ("GET", "HEAD", "OPTIONS")), allowed


def _link_to_linkset(subject: Subject) -> Outcome:
    both = subject.preflight.header("link"), subject.get().header("link")
    return all('rel="linkset"' in header for header in both), both[1][:200]


def _no_legacy_links(subject: Subject) -> Outcome:
    return 'rel="gs1:' not in subject.preflight.header("link"), subject.preflight.header("link")[:200]


def _bad_syntax_is_400(subject: Subject) -> Outcome:
    status = subject.get("/foo").status
    return status == 400, str(status)


def _no_error_with_200(subject: Subject) -> Outcome:
    status = subject.get("/foo").status
    return status != 200, str(status)


def _trailing_slash(subject: Subject) -> Outcome:
    plain, slash = subject.get(), subject.get("/")
    return (plain.status, plain.location) == (slash.status, slash.location), f"{plain.status} and {slash.status}"


def _query_passed_on(subject: Subject) -> Outcome:
    location = subject.get("?foo=bar").location
    return "foo=bar" in location, location


def _linkset_by_parameter(subject: Subject) -> Outcome:
    status = subject.get("?linkType=linkset").status
    return status == 200, str(status)


def _linkset_by_old_parameter(subject: Subject) -> Outcome | None:
    if subject.get("?linkType=linkset").status == 200:
        return None
    status = subject.get("?linkType=all").status
    return status == 200, str(status)


def _linkset_by_accept(subject: Subject) -> Outcome:
    status = subject.get("?linkType=all", Accept=LINKSET_JSON).status
    return status == 200, str(status)


def _valid_linkset(subject: Subject) -> Outcome:
    wrong = faults(subject.linkset_response.json(), "linkset")
    return not wrong, wrong[0] if wrong else f"{len(subject.contexts)} context objects"


def _json_ld(subject: Subject) -> Outcome:
    link = subject.linkset_response.header("link")
    return 'rel="http://www.w3.org/ns/json-ld#context"' in link and 'type="application/ld+json"' in link, link[:200]


def _content_type(subject: Subject) -> Outcome:
    given = subject.linkset_response.content_type
    return given == LINKSET_JSON, given


def _default_exists(subject: Subject) -> Outcome:
    return bool(subject.default_links), f"{len(subject.default_links)} default link objects"


def _single_default(subject: Subject) -> Outcome:
    return len(subject.default_links) == 1, f"{len(subject.default_links)} default link objects"


def _default_target(subject: Subject) -> Outcome:
    href = subject.default_links[0]["href"] if subject.default_links else ""
    location = subject.get().location
    return location == href != "", f"{location} for {href}"


def _link_types_defined(subject: Subject) -> Outcome:
    defined = {term.address for term in vocabulary.terms()}
    undefined = {key for context in subject.contexts for key in context if key.startswith(VOC)} - defined
    return not undefined, f"undefined: {sorted(undefined)}" if undefined else "all gs1: terms are ratified"


def _no_such_link_type(subject: Subject) -> Outcome:
    status = subject.get("?linkType=gs1:nosuchlt").status
    return status == 404, str(status)


_FIXED = [
    Check("isURL", FAIL, _is_url),
    Check("isHttps", WARN, _is_https),
    Check("plausibleDL", FAIL, _plausible),
    Check("validDL", FAIL, _valid),
    Check("basicWalkUp", FAIL, _walk_up),
    Check("tlsOK", FAIL, _tls),
    Check("rdFile", FAIL, _description, critical=True),
    Check("httpVersion", WARN, _http_version),
    Check("corsCheck", FAIL, _cors),
    Check("methodsCheck", FAIL, _methods),
    Check("linkOnRedirect", WARN, _link_to_linkset),
    Check("legacyLinkHeaders", WARN, _no_legacy_links),
    Check("reportWith400", FAIL, _bad_syntax_is_400),
    Check("noErrorWith200", FAIL, _no_error_with_200),
    Check("trailingSlash", WARN, _trailing_slash),
    Check("qsPassedOn", WARN, _query_passed_on),
    Check("ltLinksetNoRedirect", FAIL, _linkset_by_parameter),
    Check("ltAllNoRedirect", WARN, _linkset_by_old_parameter),
    Check("ltAcceptHeader", FAIL, _linkset_by_accept),
    Check("validLinkset", FAIL, _valid_linkset, critical=True),
]
_ON_LINKSETS = [
    Check("linksetJsonldCheck", WARN, _json_ld),
    Check("declaredContentType", FAIL, _content_type),
    Check("defaultLinkExists", FAIL, _default_exists),
    Check("singleDefaulLink", FAIL, _single_default),
    Check("defaultTarget", FAIL, _default_target),
]


def _of_links(subject: Subject) -> Iterator[Check]:
    for relation, links in subject.own_context.items():
        if not isinstance(links, list) or relation == DEFAULT:
            continue
        name = relation.rpartition("/")[2] or relation
        if relation == DEFAULT_MULTI and len(links) == 1:
            yield Check("singleMultiLink", WARN, lambda _: (False, "defaultLinkMulti has a single link"))
        if len(links) == 1 and relation != DEFAULT_MULTI:
            yield Check(f"loFor{name}", FAIL, _leads_to(f"?linkType={relation}", links[0], {}))
            continue
        seen: dict[tuple[object, ...], int] = {}
        for number, link in enumerate(links, 1):
            same = (link.get("type"), *link.get("hreflang", [""])[:1], *link.get("context", [""])[:1])
            seen[same] = seen.get(same, 0) + 1
            if seen[same] == 2:
                yield Check(f"loFor{name}{number}", WARN, _has_choices(relation, link))
            elif sum(_sameness(other) == same for other in links) == 1:
                yield Check(f"loFor{name}{number}", FAIL, _leads_to(_parameters(relation, link), link, _wishes(link)))


def _sameness(link: Mapping[str, Any]) -> tuple[object, ...]:
    return (link.get("type"), *link.get("hreflang", [""])[:1], *link.get("context", [""])[:1])


def _parameters(relation: str, link: Mapping[str, Any]) -> str:
    parts = [] if relation == DEFAULT_MULTI else [f"linkType={quote(relation, safe='')}"]
    parts += [f"context={quote(context, safe='')}" for context in link.get("context", [])[:1]]
    return "?" + "&".join(parts) if parts else ""


def _wishes(link: Mapping[str, Any]) -> dict[str, str]:
    # The suite sends "Accept: undefined" for a link without a type.
    wishes = {"Accept": link.get("type", "undefined")}
    if link.get("hreflang"):
        wishes["Accept_Language"] = link["hreflang"][0]
    return wishes


def _leads_to(more: str, link: Mapping[str, Any], wishes: Mapping[str, str]) -> Any:  # noqa: ANN401 -- a check's function
    def check(subject: Subject) -> Outcome:
        response = subject.get(more, **wishes)
        return response.location == link["href"], f"{response.status} {response.location} for {link['href']}"

    return check


def _has_choices(relation: str, link: Mapping[str, Any]) -> Any:  # noqa: ANN401 -- as above
    def check(subject: Subject) -> Outcome:
        status = subject.get(_parameters(relation, link), **_wishes(link)).status
        return status == 300, str(status)

    return check
