"""One request to a code's address, and the scan that it leaves."""

from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request

from resolver.access import handset
from resolver.access.admission import address_of
from resolver.link.question import LinkQuestion, noted_uri
from resolver.scan.recorder import ScanRecorder
from resolver.web.request import is_by_person


@dataclass(frozen=True, slots=True)
class RecordedScan:
    """Whose scan it is, and its id.

    ``install`` is the phone's install id, ``was_known`` whether the phone sent it; ``scan_id`` is None when the request
    does not count as a scan (HEAD, a robot) or the queue was full.
    """

    install: str
    was_known: bool
    scan_id: str | None


class Visit:
    """A request and the question in it. ``role_of`` finds out the role of who sent it: None for the public."""

    def __init__(
        self,
        request: Request,
        question: LinkQuestion,
        base_url: str,
        recorder: ScanRecorder,
        role_of: Callable[[], str | None],
    ) -> None:
        self.request = request
        self.question = question
        self.role_of = role_of
        self._base_url = base_url
        self._recorder = recorder
        self._scan: RecordedScan | None = None

    @property
    def uri(self) -> str:
        """The code as it was read."""
        return noted_uri(self._base_url + self.question.path, self.question.link)

    @property
    def visitor(self) -> str | None:
        """The hashed install id that the phone sent, as scans keep it; None: it has none yet."""
        known = handset.handset_of(self.request, self._recorder.pepper)
        return None if known is None else self._recorder.hashed(known)

    def record_scan(self) -> RecordedScan:
        """Record the scan, once for a visit; later calls give the same one.

        It comes before any query: what the store can't answer now has been scanned all the same.
        """
        if self._scan is None:
            self._scan = self._recorded()
        return self._scan

    def _recorded(self) -> RecordedScan:
        known = handset.handset_of(self.request, self._recorder.pepper)
        install = known or handset.new_handset()
        if not is_by_person(self.request):
            return RecordedScan(install, known is not None, None)
        # A full queue is counted; the person gets the answer all the same.
        scan_id = self._recorder.record_scan(
            self.uri, self.question.checked, install=install, address=address_of(self.request)
        )
        return RecordedScan(install, known is not None, None if scan_id is None else str(scan_id))
