"""Responses that tell of one item: its signed verdict, its signed provenance chain, its page."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from starlette.responses import HTMLResponse, Response

from resolver.access import handset
from resolver.consumer.page import render_story
from resolver.consumer.story import story_of
from resolver.consumer.visit import Visit
from resolver.link.own_links import story_link
from resolver.link.responses import VARY, LinkResponses
from resolver.scan.recorder import ScanRecorder
from resolver.verdict.document import provenance_json, verdict_json
from resolver.verdict.inspection import Inspection
from resolver.web.signed_json import UNSHARED, AnswerSigner


@dataclass(frozen=True, slots=True)
class ItemResponses:
    """Makes the responses; a verdict or a page that leaves a scan is counted for the maker."""

    links: LinkResponses
    signer: AnswerSigner
    recorder: ScanRecorder
    clock: Callable[[], datetime]

    def verdict(self, visit: Visit, inspection: Inspection) -> Response:
        """The signed verdict."""
        scan_id, language = self._counted(visit, inspection), visit.question.language
        document = verdict_json(inspection, scan_id, language, self.clock())
        headers = self.links.headers(visit.question, {"Vary": VARY, "Content-Language": language})
        return self.signer.json_response(visit.request, document, headers)

    def provenance(self, visit: Visit, inspection: Inspection) -> Response:
        """The signed provenance chain. It is no scan."""
        document = provenance_json(inspection, visit.question.language, self.clock())
        return self.signer.json_response(visit.request, document, self.links.headers(visit.question, {}))

    def page(self, visit: Visit, inspection: Inspection) -> Response:
        """The page. The phone gets a cookie with a random install id."""
        scan_id, scan = self._counted(visit, inspection), visit.record_scan()
        question, base_url = visit.question, self.links.base_url
        reported = scan.was_known and visit.request.query_params.get("reported") == "1"
        story = story_of(inspection, visit.uri, base_url, reported=reported)
        page = render_story(story, question.language, scan_id, query=question.query)
        headers = {
            "Cache-Control": UNSHARED,
            "Vary": VARY,
            "Content-Language": question.language,
            "Content-Location": story_link(base_url, question.path, question.language).href,
        }
        response = HTMLResponse(page, headers=self.links.headers(question, headers))
        handset.remember(visit.request, response, scan.install, self.recorder.pepper)
        return response

    def count(self, visit: Visit, inspection: Inspection) -> None:
        """Count the visit's scan for the maker, if it left one."""
        self._counted(visit, inspection)

    def _counted(self, visit: Visit, inspection: Inspection) -> str | None:
        scan_id = visit.record_scan().scan_id
        if scan_id is not None:
            self.recorder.count_scan(inspection, visit.question.language)
        return scan_id
