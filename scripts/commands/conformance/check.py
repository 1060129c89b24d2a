"""Checks of a resolver and their results: each sends a few requests and says in a sentence what it found."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from importlib.resources import files
from typing import Any

import jsonschema
import orjson

from scripts.commands.conformance.raw_http import NoResponse, RawClient, Response

FAIL, WARN = "fail", "warn"

LINKSET_JSON = "application/linkset+json"
VOC = "https://ref.gs1.org/voc/"
DEFAULT, DEFAULT_MULTI = VOC + "defaultLink", VOC + "defaultLinkMulti"


@dataclass(frozen=True, slots=True)
class Result:
    """The result of a check. ``level``: what a check that does not pass counts as, ``fail`` or ``warn``."""

    id: str
    level: str
    uri: str
    passed: bool
    requests: int
    detail: str

    def to_json(self) -> bytes:
        """One line of output."""
        return orjson.dumps(asdict(self))


@dataclass(frozen=True, slots=True)
class Check:
    """``run`` returns whether the check passes and a sentence on why, or None where it does not apply."""

    id: str
    level: str
    run: Callable[["Subject"], tuple[bool, str] | None]
    critical: bool = False


class Subject:
    """One Digital Link URI under test."""

    def __init__(self, client: RawClient, uri: str) -> None:
        self.client = client
        self.uri = uri

    def get(self, more: str = "", **headers: str) -> Response:
        """The response to a GET of the URI with ``more`` appended."""
        return self.client.request(self.uri + more, **headers)

    @cached_property
    def linkset_response(self) -> Response:
        """The response to a request for the linkset by Accept."""
        return self.get(Accept=LINKSET_JSON)

    @cached_property
    def preflight(self) -> Response:
        """The response to OPTIONS as a browser sends it (CORS preflight)."""
        return self.client.request(
            self.uri,
            "OPTIONS",
            Origin="https://app.example.com",
            Access_Control_Request_Method="GET,HEAD,OPTIONS",
        )

    @property
    def contexts(self) -> list[Mapping[str, Any]]:
        """The linkset's context objects; none when it is no linkset."""
        document = self.linkset_response.json()
        contexts = document.get("linkset") if isinstance(document, dict) else None
        return [context for context in contexts if isinstance(context, dict)] if isinstance(contexts, list) else []

    @property
    def own_context(self) -> Mapping[str, Any]:
        """The context object whose anchor is the URI, character by character."""
        return next((context for context in self.contexts if context.get("anchor") == self.uri), {})

    @property
    def default_links(self) -> list[Mapping[str, Any]]:
        """The default link objects of the first context that has any and is the URI's or an ancestor's."""
        for context in self.contexts:
            links = context.get(DEFAULT)
            if links and self.uri.startswith(_common(context.get("anchor", ""))):
                return list(links)
        return []


def _common(anchor: str) -> str:
    """Up to the primary key's value: what an ancestor's anchor has in common with its descendants'."""
    match = re.match(r"(https?://[^/]+(?:/[^/]+)*?/(?:00|01|253|255|40[12]|41[457]|80\d\d)/[^/]+)", anchor)
    return match[1] if match else anchor


def run(checks: Iterator[Check] | list[Check], subject: Subject) -> Iterator[Result]:
    """The results of ``checks`` in order, up to the first critical one that fails."""
    for check in checks:
        before = subject.client.requests
        try:
            outcome = check.run(subject)
        except NoResponse as error:
            outcome = False, str(error)
        if outcome is None:
            continue
        passed, detail = outcome
        yield Result(check.id, check.level, subject.uri, passed, subject.client.requests - before, detail)
        if check.critical and not passed:
            return


def faults(document: object, schema: str) -> list[str]:
    """Violations of one of the schemas in schemas/json by a document."""
    text = (files("schemas") / "json" / f"{schema}.schema.json").read_text(encoding="utf-8")
    validator = jsonschema.Draft202012Validator(orjson.loads(text))
    return [f"{error.json_path}: {error.message}"[:200] for error in validator.iter_errors(document)]
