"""What the resolver needs to be told: read once from the environment, every name with prefix ``SUYUAN_``."""

import re
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import field_validator, model_validator
from pydantic_settings import SettingsConfigDict

from resolver.mint.answer_signer import read_signer
from resolver.web.signatures import AnswerKey
from resolver.web.signatures import answer_key as answer_key_of
from schemas.errors import Misconfigured
from schemas.keys import ROOT_BYTES
from schemas.secret import secret_in
from schemas.settings import PREFIX, SettingsBase, YesNo, setting

_CONTACT = re.compile(r"(mailto:[!-~]+@[!-~]+|https://[!-~]+|tel:\+?[0-9().-]+)")
"""RFC 9116, section 2.5.3: a URI, of the web by https alone."""
_RATE: dict[str, Any] = {"ge": 0, "le": 1_000_000, "allow_inf_nan": False}


class Settings(SettingsBase):
    """All settings of ``python -m resolver``. docs/settings.md is generated from these fields.

    A blank value counts as none.
    """

    model_config = SettingsConfigDict(env_ignore_empty=True)

    database_url: str = setting(
        "DATABASE_URL",
        "Connection of role suyuan_resolver, as postgresql://user:password@host/name, "
        "or SUYUAN_DATABASE_URL_FILE: a file that holds it.",
        secret=True,
    )
    public_database_url: str = setting(
        "PUBLIC_DATABASE_URL",
        "Connection of role suyuan_public, by which whoever asks without a token is answered; or …_FILE.",
        secret=True,
    )
    seal_root_file: Path = setting(
        "SEAL_ROOT_FILE", "File with the 32-byte sealing root, raw or in hexadecimal. The gateway has it too."
    )
    signing_key_dir: Path = setting(
        "SIGNING_KEY_DIR", "Folder of the private keys of signed codes, one {kid}.pem of mode 0600 each."
    )
    pepper_file: Path = setting(
        "PEPPER_FILE", "File with at least 16 secret bytes; consumers' handset ids are stored only hashed by it."
    )
    answer_key_file: Path = setting(
        "ANSWER_KEY_FILE", "PEM file of the Ed25519 key that signs answers and evidence bundles."
    )
    webhook_root_file: Path = setting(
        "WEBHOOK_ROOT_FILE", "File with the 32-byte root of webhooks' secrets, as the notifier has it."
    )
    base_url: str = setting(
        "BASE_URL",
        "Scheme and host that are printed into codes, such as https://id.example.com.",
        fix="scheme and host only, such as https://id.example.com",
    )
    http_host: str = setting("HTTP_HOST", "Address to listen on.", default="127.0.0.1")
    http_port: int = setting("HTTP_PORT", "Port to listen on.", default=8000, ge=0, le=65_535)
    connections: int = setting(
        "CONNECTIONS",
        "How many connections a process has at a time; more are answered 503. A proxy before it bounds each client's.",
        default=1000,
        ge=1,
        le=100_000,
    )
    trusted_proxies: str = setting(
        "TRUSTED_PROXIES",
        "Addresses or networks (CIDR), separated by commas, of the proxies whose X-Forwarded-For tells who asks."
        " Without one it is whoever connects.",
        default="",
        fix="addresses or networks separated by commas, such as 127.0.0.1,10.1.0.0/16",
    )
    keyring_refresh_s: float = setting(
        "KEYRING_REFRESH_S",
        "How often it is asked whether keys or prefixes have changed, in seconds.",
        default=0.5,
        ge=0.05,
        le=3600,
        allow_inf_nan=False,
    )
    scan_queue: int = setting(
        "SCAN_QUEUE", "How many consumers' scans may wait in memory for the store.", default=20_000, ge=1, le=10_000_000
    )
    pool_size: int = setting("POOL_SIZE", "How many connections to the store may be open.", default=10, ge=1, le=1000)
    workers: int = setting(
        "WORKERS",
        "How many processes serve requests; each has its own connections, limits and queue of scans.",
        default=1,
        ge=1,
        le=256,
    )
    link_header: YesNo = setting(
        "LINK_HEADER", "Whether redirections name their linkset in a Link header, yes or no.", default=True
    )
    private_targets: YesNo = setting(
        "PRIVATE_TARGETS", "Whether links may lead into a private network, yes or no.", default=False
    )
    network_rate: float = setting(
        "NETWORK_RATE",
        "Requests a second from one network (IPv4 /24, IPv6 /48); 0 for no limit.",
        default=200.0,
        **_RATE,
    )
    code_rate: float = setting(
        "CODE_RATE", "Requests a second for one code from one network; 0 for no limit.", default=20.0, **_RATE
    )
    session_rate: float = setting(
        "SESSION_RATE", "Requests a second from one handset; 0 for no limit.", default=20.0, **_RATE
    )
    api_rate: float = setting(
        "API_RATE",
        "Requests a second from one network at all other addresses than codes'; writes, files, openings and wrong"
        " tokens count as several. 0 for no limit.",
        default=100.0,
        **_RATE,
    )
    org_rate: float = setting(
        "ORG_RATE", "The same of one organisation, from wherever it asks; 0 for no limit.", default=200.0, **_RATE
    )
    limits_storage: str = setting(
        "LIMITS_STORAGE",
        "Where requests are counted for these limits: memory:// (each process for itself), or a storage that all share,"
        " such as redis://host:6379.",
        default="memory://",
        secret=True,
    )
    bulk_mb: int = setting("BULK_MB", "Maximum size of one load of links, in megabytes.", default=64, ge=1, le=4096)
    retention_days: int = setting(
        "RETENTION_DAYS",
        "How long handsets and places of consumers are kept, in days; 0 for ever. Pages say it; the assessor does it.",
        default=180,
        ge=0,
        le=36_500,
    )
    metrics_host: str = setting("METRICS_HOST", "Address of /metrics.", default="127.0.0.1")
    metrics_port: int = setting(
        "METRICS_PORT",
        "Port of /metrics for Prometheus; 0 turns it off. Each worker takes the next free one of as many.",
        default=0,
        ge=0,
        le=65_000,
    )
    otlp_endpoint: str = setting(
        "OTLP_ENDPOINT",
        "OpenTelemetry collector that traces are sent to, such as http://collector:4318 (extra tracing); none without.",
        default="",
    )
    ip_places: str = setting(
        "IP_PLACES",
        "Files that tell where network addresses are, coarsely, separated by commas: MaxMind DB (.mmdb) or ip2region"
        " (.xdb). The first that knows something has the word on it. Without one, a scan whose phone shares no place"
        " has none.",
        default="",
    )
    security_contact: str = setting(
        "SECURITY_CONTACT",
        "Whom to tell of a weakness: URIs (mailto:, https:, tel:), separated by commas, the preferred first."
        " /.well-known/security.txt names them (RFC 9116); without one there is no such file.",
        default="",
    )
    log_format: Literal["text", "json"] = setting("LOG_FORMAT", "Text, or json: one object a line.", default="text")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = setting(
        "LOG_LEVEL", "DEBUG, INFO, WARNING or ERROR.", default="INFO"
    )

    @field_validator("base_url")
    @classmethod
    def _scheme_and_host(cls, value: str) -> str:
        value = value.rstrip("/")
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.netloc or parts.path or parts.query or parts.fragment:
            raise ValueError(value)
        return value

    @field_validator("security_contact")
    @classmethod
    def _contacts(cls, value: str) -> str:
        contacts = [each.strip() for each in value.split(",") if each.strip()]
        for each in contacts:
            if not _CONTACT.fullmatch(each):
                raise ValueError(each)
        return ",".join(contacts)

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, value: str) -> str:
        return ",".join(str(ip_network(each.strip())) for each in value.split(",") if each.strip())

    @model_validator(mode="after")
    def _proxy_is_known(self) -> Self:
        """The resolver ends no TLS itself: published under https, all people would have the proxy's address."""
        if self.base_url.startswith("https:") and not self.trusted_proxies and not _is_loopback(self.http_host):
            raise Misconfigured(
                f"{PREFIX}TRUSTED_PROXIES is missing: {PREFIX}HTTP_HOST is {self.http_host} and {PREFIX}BASE_URL says"
                " https, so a proxy stands before it; name its address, or all people count as one"
            )
        return self

    @property
    def ip_place_files(self) -> tuple[Path, ...]:
        """The files of ``ip_places``."""
        return tuple(Path(path.strip()) for path in self.ip_places.split(",") if path.strip())

    @property
    def security_contacts(self) -> tuple[str, ...]:
        """The URIs of ``security_contact``."""
        return tuple(filter(None, self.security_contact.split(",")))

    @property
    def limits_are_shared(self) -> bool:
        """Whether requests are counted outside of the process."""
        return self.limits_storage != "memory://"


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def read_secret(path: Path, setting: str, minimum: int) -> bytes:
    """The secret of at least ``minimum`` bytes in a file (:func:`schemas.secret.secret_in`).

    :raises Misconfigured: names ``setting`` when the file can't be read, is no secret or holds too little.
    """
    try:
        return secret_in(path.read_bytes(), minimum)
    except OSError as error:
        raise Misconfigured(f"{PREFIX}{setting}: can't read {path} ({error.strerror}); make the file") from None
    except ValueError as error:
        raise Misconfigured(f"{PREFIX}{setting}: {path} {error}") from None


def seal_root(settings: Settings) -> bytes:
    """The sealing root.

    :raises Misconfigured: the file is missing or too short.
    """
    return read_secret(settings.seal_root_file, "SEAL_ROOT_FILE", ROOT_BYTES)


def webhook_root(settings: Settings) -> bytes:
    """The root of webhooks' secrets.

    :raises Misconfigured: the file is missing or too short.
    """
    return read_secret(settings.webhook_root_file, "WEBHOOK_ROOT_FILE", ROOT_BYTES)


def pepper(settings: Settings) -> bytes:
    """The key under which handset ids are hashed.

    :raises Misconfigured: the file is missing or too short.
    """
    return read_secret(settings.pepper_file, "PEPPER_FILE", 16)


def answer_key(settings: Settings) -> AnswerKey:
    """The key that signs answers.

    :raises Misconfigured: the file is missing or holds no such key.
    """
    try:
        pem = settings.answer_key_file.read_bytes()
    except OSError as error:
        raise Misconfigured(
            f"{PREFIX}ANSWER_KEY_FILE: can't read {settings.answer_key_file} ({error.strerror}); make the file"
        ) from None
    return answer_key_of(read_signer(pem))
