"""One request to a code's address, and the scan that it leaves."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from starlette.requests import Request

from resolver.access import handset
from resolver.access.admission import address_of
from resolver.access.caller import Caller
from resolver.link.question import LinkQuestion, noted_uri
from resolver.scan.recorder import ScanRecorder
from resolver.web.problems import Refused
from resolver.web.request import is_by_person


@dataclass(frozen=True, slots=True)
class RecordedScan:
    """Whose scan it is, and its id.

    ``install`` is the phone's install id, ``was_known`` whether the phone sent it; ``scan_id`` is None when the request
    does not count as a scan (HEAD, a robot, the owner itself) or the queue was full.
    """

    install: str
    was_known: bool
    scan_id: str | None


class Visit:
    """A request and the question in it. ``caller_of`` finds out who sent it: None for the public."""

    def __init__(
        self,
        request: Request,
        question: LinkQuestion,
        base_url: str,
        recorder: ScanRecorder,
        caller_of: Callable[[], Caller | None],
    ) -> None:
        self.request = request
        self.question = question
        self._caller_of = caller_of
        self._caller: tuple[Caller | None] | None = None
        self._base_url = base_url
        self._recorder = recorder
        self._scan: RecordedScan | None = None

    def role_of(self) -> str | None:
        """The role of who sent the request: some links are not for everybody; None for the public.

        :raises Refused: 401, the token is not valid.
        """
        if self._caller is None:
            self._caller = (self._caller_of(),)
        (caller,) = self._caller
        return None if caller is None else caller.role

    def is_by_owner(self) -> bool:
        """Whether the code's owner itself looks, with a token of its own: to test its labels, which is no scan."""
        try:
            self.role_of()
        except Refused:  # who has no valid token is the public here; where one is needed, that is said
            return False
        (caller,) = self._caller or (None,)
        return caller is not None and caller.org_id == self.question.checked.org_id

    @property
    def uri(self) -> str:
        """The code as it was read."""
        return noted_uri(self._base_url + self.question.path, self.question.link)

    @property
    def visitor(self) -> Collection[str]:
        """The pseudonyms that scans of this code know the phone by; none: it has no install id yet."""
        install = handset.handset_of(self.request, self._recorder.pepper)
        return () if install is None else self._recorder.phone_of(install, self.question.checked).known

    def record_scan(self) -> RecordedScan:
        """Record the scan, once for a visit; later calls give the same one.

        It comes before any query about the code: what the store can't answer now has been scanned all the same.
        """
        if self._scan is None:
            self._scan = self._recorded()
        return self._scan

    def _recorded(self) -> RecordedScan:
        known = handset.handset_of(self.request, self._recorder.pepper)
        install = known or handset.new_handset()
        if not is_by_person(self.request) or self.is_by_owner():
            return RecordedScan(install, known is not None, None)
        # A full queue is counted; the person gets the answer all the same.
        scan_id = self._recorder.record_scan(
            self.uri, self.question.checked, install=install, address=address_of(self.request)
        )
        return RecordedScan(install, known is not None, None if scan_id is None else str(scan_id))
