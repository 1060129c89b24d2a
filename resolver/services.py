"""What the request handlers work with, put together once a process."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Depends, Request
from prometheus_client import CollectorRegistry

from resolver.access import caches
from resolver.access.admission import Admission
from resolver.access.concurrency import Concurrency
from resolver.access.guessing import Sentry
from resolver.access.limits import BURST_S, Gate, RateLimit, Rates, limit_factory
from resolver.access.wrong_tokens import WrongTokens
from resolver.consumer.item_responses import ItemResponses
from resolver.consumer.responder import CodeResponder
from resolver.federation.directory import Directory
from resolver.federation.foreign_linkset import ForeignLinksets
from resolver.ip_place.places import open_ip_places
from resolver.key.answer_keys import AnswerKeys
from resolver.key.keyring import LiveKeyring
from resolver.link.resolution import LinkResolver
from resolver.link.responses import LinkResponses
from resolver.link.store import LINKS
from resolver.mint.issuer import Issuer
from resolver.mint.webhook_secrets import WebhookSecrets
from resolver.report.limits import ReportLimits
from resolver.scan import store as scan_store
from resolver.scan import traffic_store
from resolver.scan.origin import Origins
from resolver.scan.queue import ScanQueue
from resolver.scan.recorder import ScanRecorder
from resolver.scan.unit_cap import UnitCap
from resolver.settings import Settings, answer_key, pepper, seal_root, webhook_root
from resolver.store import Cursor, Store
from resolver.store.prepared import PreparedPool
from resolver.store.public_pool import PublicPool
from resolver.store.session import PUBLIC
from resolver.subscription.signal_store import NoticeSignal
from resolver.verdict.inspector import Inspector
from resolver.verdict.names import Names
from resolver.verdict.store import FACTS
from resolver.watch.metrics import RequestMetrics, StateMetrics
from resolver.watch.tracing import open_spans
from resolver.watch.watched import Spans
from resolver.web.signatures import AnswerKey
from resolver.web.signed_json import AnswerSigner


@dataclass(frozen=True, slots=True)
class Services:
    """The parts of a running resolver. ``clock`` gives the time, aware and in UTC."""

    settings: Settings
    store: Store
    public_store: Store
    public_pool: PublicPool
    prepared: PreparedPool
    names: Names
    keyring: LiveKeyring
    issuer: Issuer
    scans: ScanQueue
    counts: ScanQueue
    guesses: ScanQueue
    repeats: ScanQueue
    admission: Admission
    inspector: Inspector
    recorder: ScanRecorder
    origins: Origins
    responder: CodeResponder
    signer: AnswerSigner
    answer_key: AnswerKey
    answer_keys: AnswerKeys
    webhook_secrets: WebhookSecrets
    directory: Directory
    reports: ReportLimits
    networks: RateLimit
    organisations: RateLimit
    wrong_tokens: WrongTokens
    uploads: Concurrency
    loads: Concurrency
    token_streams: Concurrency
    org_streams: Concurrency
    notice_signal: NoticeSignal
    pepper: bytes
    clock: Callable[[], datetime]
    registry: CollectorRegistry
    requests: RequestMetrics
    spans: Spans

    @property
    def query_count(self) -> int:
        """How many queries about codes the store got."""
        return self.public_pool.query_count + self.prepared.query_count

    def start(self) -> None:
        """Connect, and begin the work in the background."""
        self.store.open()
        self.public_store.open()
        self.public_pool.open()
        self.keyring.start()
        for queue in (self.scans, self.counts, self.guesses, self.repeats):
            queue.start()

    def stop(self) -> None:
        """Write what waits, then let go of the store."""
        self.keyring.stop()
        self.notice_signal.stop()
        for queue in (self.scans, self.counts, self.guesses, self.repeats):
            queue.stop()
        self.public_pool.close()
        self.public_store.close()
        self.store.close()


def build_services(settings: Settings, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> Services:
    """The services that ``settings`` describe, not started yet.

    :raises Misconfigured: a secret or a file of addresses can't be read, or the storage of limits can't be used.
    """
    root = seal_root(settings)
    secret = pepper(settings)
    make_limit = limit_factory(settings.limits_storage, secret)
    store = Store(settings.database_url, pool_size=settings.pool_size)
    public_store = Store(settings.public_database_url, pool_size=settings.pool_size)

    def writer(add: Callable[[Cursor, Sequence[dict[str, Any]]], None]) -> Callable[[Sequence[dict[str, Any]]], None]:
        def write(rows: Sequence[dict[str, Any]]) -> None:
            with public_store.transaction(PUBLIC) as cursor:
                add(cursor, rows)

        return write

    def queue(add: Callable[[Cursor, Sequence[dict[str, Any]]], None]) -> ScanQueue:
        return ScanQueue(writer(add), capacity=settings.scan_queue)

    signer = AnswerSigner(answer_key(settings), settings.base_url, clock)
    answer_keys = AnswerKeys(store, signer.key)
    keyring = LiveKeyring(store, root, interval_s=settings.keyring_refresh_s, first=answer_keys.begin)
    public_pool = PublicPool(settings.public_database_url, pool_size=settings.pool_size)
    prepared = PreparedPool(settings.public_database_url, (FACTS, LINKS), pool_size=settings.pool_size)
    names = Names()
    scans, counts, guesses, repeats = map(
        queue,
        (
            scan_store.add_scans,
            traffic_store.add_counts,
            traffic_store.add_enumerations,
            traffic_store.add_repeated_scans,
        ),
    )
    registry = CollectorRegistry()
    queues = {"scans": scans, "counts": counts, "guesses": guesses, "repeats": repeats}
    StateMetrics(
        registry,
        pools=lambda: {**store.pools(), "verdicts": public_pool.state},
        queues=lambda: {name: each.state for name, each in queues.items()},
        caches=caches.states,
    )
    gate = Gate(Rates(settings.network_rate, settings.code_rate, settings.session_rate), make_limit)
    inspector = Inspector(keyring, public_pool, prepared, names, clock)
    origins = Origins(secret, open_ip_places(settings.ip_place_files))
    recorder = ScanRecorder(scans, counts, repeats, UnitCap(make_limit), origins, secret, clock)
    links = LinkResponses(settings.base_url, settings.link_header)
    directory = Directory(public_pool, interval_s=settings.keyring_refresh_s)
    return Services(
        settings=settings,
        store=store,
        public_store=public_store,
        public_pool=public_pool,
        prepared=prepared,
        names=names,
        keyring=keyring,
        issuer=Issuer(root, settings.signing_key_dir, settings.base_url),
        scans=scans,
        counts=counts,
        guesses=guesses,
        repeats=repeats,
        admission=Admission(gate, Sentry(), guesses, scans, secret, clock),
        inspector=inspector,
        recorder=recorder,
        origins=origins,
        responder=CodeResponder(
            public_pool=public_pool,
            inspector=inspector,
            resolver=LinkResolver(settings.base_url, public_pool, prepared, names, clock),
            links=links,
            items=ItemResponses(links, signer, recorder, clock),
            directory=directory,
            foreign=ForeignLinksets(private=settings.private_targets),
            clock=clock,
        ),
        signer=signer,
        answer_key=signer.key,
        answer_keys=answer_keys,
        webhook_secrets=WebhookSecrets(webhook_root(settings)),
        directory=directory,
        reports=ReportLimits(make_limit),
        networks=make_limit("doors", settings.api_rate, BURST_S * settings.api_rate),
        organisations=make_limit("organisation", settings.org_rate, BURST_S * settings.org_rate),
        wrong_tokens=WrongTokens(),
        uploads=Concurrency("files", 2, 64),
        loads=Concurrency("loads", 1, 2),
        token_streams=Concurrency("streams", 5, 200),
        org_streams=Concurrency("streams", 20, 200),
        notice_signal=NoticeSignal(settings.database_url),
        pepper=secret,
        clock=clock,
        registry=registry,
        requests=RequestMetrics(registry),
        spans=open_spans(settings.otlp_endpoint),
    )


def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


With = Annotated[Services, Depends(_services)]
"""The parameter type by which a handler asks for the services."""
