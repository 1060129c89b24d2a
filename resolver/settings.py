"""What the resolver needs to be told: read once from the environment, every name with prefix ``SUYUAN_``."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from resolver.web.signatures import AnswerKey, derived_key, read_key
from schemas.errors import Misconfigured
from schemas.keys import ROOT_BYTES

PREFIX = "SUYUAN_"


def _setting(help_text: str, default: str | None = None) -> Any:  # noqa: ANN401 -- dataclasses.field is typed so too
    return field(metadata={"help": help_text, "default": default}, repr="password" not in help_text)


@dataclass(frozen=True, slots=True)
class Settings:
    """The resolver's settings. Each field's metadata holds its ``help`` and ``default`` for the documentation."""

    database_url: str = _setting(
        "Connection of role suyuan_resolver, as postgresql://user:password@host/name, "
        "or SUYUAN_DATABASE_URL_FILE: a file that holds it."
    )
    seal_root_file: Path = _setting(
        "File with the 32-byte sealing root, raw or in hexadecimal. The gateway has it too."
    )
    signing_key_dir: Path = _setting("Folder of the private keys of signed codes, one {kid}.pem of mode 0600 each.")
    pepper_file: Path = _setting(
        "File with at least 16 secret bytes; consumers' handset ids are stored only hashed by it."
    )
    base_url: str = _setting("Scheme and host that are printed into codes, such as https://id.example.com.")
    http_host: str = _setting("Address to listen on.", "127.0.0.1")
    http_port: int = _setting("Port to listen on.", "8000")
    keyring_refresh_s: float = _setting(
        "How often it is asked whether keys or prefixes have changed, in seconds.", "0.5"
    )
    scan_queue: int = _setting("How many consumers' scans may wait in memory for the store.", "20000")
    pool_size: int = _setting("How many connections to the store may be open.", "10")
    workers: int = _setting(
        "How many processes serve requests; each has its own connections, limits and queue of scans.", "1"
    )
    answer_key_file: Path | None = _setting(
        "PEM file of the Ed25519 key that signs answers; without one the key follows from the pepper.", ""
    )
    link_header: bool = _setting("Whether redirections name their linkset in a Link header, yes or no.", "yes")
    private_targets: bool = _setting("Whether links may lead into a private network, yes or no.", "no")
    network_rate: float = _setting("Requests a second from one network (IPv4 /24, IPv6 /48); 0 for no limit.", "200")
    code_rate: float = _setting("Requests a second for one code from one network; 0 for no limit.", "20")
    session_rate: float = _setting("Requests a second from one handset; 0 for no limit.", "20")
    limits_storage: str = _setting(
        "Where requests are counted for these limits: memory:// (each process for itself), or a storage that all share,"
        " such as redis://host:6379.",
        "memory://",
    )
    bulk_mb: int = _setting("Most megabytes of one load of links.", "64")
    retention_days: int = _setting("How long handsets and places of consumers are kept, in days; 0 for ever.", "0")

    @property
    def limits_are_shared(self) -> bool:
        """Whether requests are counted outside of the process."""
        return self.limits_storage != "memory://"

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> "Settings":
        """The settings in ``environ``.

        :raises Misconfigured: names the first setting that is missing or wrong, and the fix.
        """
        return cls(
            database_url=_database_url(environ),
            seal_root_file=Path(_text(environ, "seal_root_file")),
            signing_key_dir=Path(_text(environ, "signing_key_dir")),
            pepper_file=Path(_text(environ, "pepper_file")),
            base_url=_base_url(environ),
            http_host=_text(environ, "http_host"),
            http_port=int(_number(environ, "http_port", 0, 65535)),
            keyring_refresh_s=_number(environ, "keyring_refresh_s", 0.05, 3600),
            scan_queue=int(_number(environ, "scan_queue", 1, 10_000_000)),
            pool_size=int(_number(environ, "pool_size", 1, 1000)),
            workers=int(_number(environ, "workers", 1, 256)),
            answer_key_file=_optional_path(environ, "answer_key_file"),
            link_header=_flag(environ, "link_header"),
            private_targets=_flag(environ, "private_targets"),
            network_rate=_number(environ, "network_rate", 0, 1_000_000),
            code_rate=_number(environ, "code_rate", 0, 1_000_000),
            session_rate=_number(environ, "session_rate", 0, 1_000_000),
            limits_storage=_text(environ, "limits_storage"),
            bulk_mb=int(_number(environ, "bulk_mb", 1, 4096)),
            retention_days=int(_number(environ, "retention_days", 0, 36_500)),
        )


def documentation() -> list[tuple[str, str, str]]:
    """Name, default (empty when the setting must be given) and meaning of each setting."""
    return [
        (PREFIX + each.name.upper(), each.metadata["default"] or "", each.metadata["help"]) for each in fields(Settings)
    ]


def read_secret(path: Path, setting: str, least: int) -> bytes:
    """The secret in a file: hexadecimal text of at least ``least`` bytes, or else the raw bytes.

    :raises Misconfigured: names ``setting`` when the file can't be read or holds too little.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise Misconfigured(f"{PREFIX}{setting}: can't read {path} ({error.strerror}); make the file") from None
    try:
        secret = bytes.fromhex(raw.decode("ascii").strip())
    except (UnicodeDecodeError, ValueError):
        secret = raw
    if len(secret) < least:
        raise Misconfigured(f"{PREFIX}{setting}: {path} holds {len(secret)} bytes; it needs at least {least}")
    return secret


def seal_root(settings: Settings) -> bytes:
    """The sealing root.

    :raises Misconfigured: the file is missing or too short.
    """
    return read_secret(settings.seal_root_file, "SEAL_ROOT_FILE", ROOT_BYTES)


def pepper(settings: Settings) -> bytes:
    """The key under which handset ids are hashed.

    :raises Misconfigured: the file is missing or too short.
    """
    return read_secret(settings.pepper_file, "PEPPER_FILE", 16)


def answer_key(settings: Settings) -> AnswerKey:
    """The key that signs answers.

    :raises Misconfigured: the file is missing or holds no such key.
    """
    if settings.answer_key_file is None:
        return derived_key(pepper(settings))
    try:
        pem = settings.answer_key_file.read_bytes()
    except OSError as error:
        raise Misconfigured(
            f"{PREFIX}ANSWER_KEY_FILE: can't read {settings.answer_key_file} ({error.strerror}); make the file"
        ) from None
    return read_key(pem)


def _optional_path(environ: Mapping[str, str], name: str) -> Path | None:
    text = _text(environ, name)
    return Path(text) if text else None


def _flag(environ: Mapping[str, str], name: str) -> bool:
    text = _text(environ, name).lower()
    if text not in ("yes", "no"):
        raise Misconfigured(f"{PREFIX}{name.upper()} is {text!r}; give yes or no")
    return text == "yes"


def _text(environ: Mapping[str, str], name: str) -> str:
    each = next(each for each in fields(Settings) if each.name == name)
    value = environ.get(PREFIX + name.upper(), "").strip() or each.metadata["default"]
    if value is None:
        raise Misconfigured(f"{PREFIX}{name.upper()} is missing; set it: {each.metadata['help']}")
    return str(value)


def _database_url(environ: Mapping[str, str]) -> str:
    path = environ.get(f"{PREFIX}DATABASE_URL_FILE", "").strip()
    if path and not environ.get(f"{PREFIX}DATABASE_URL", "").strip():
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise Misconfigured(f"{PREFIX}DATABASE_URL_FILE: can't read {path} ({error.strerror})") from None
    return _text(environ, "database_url")


def _base_url(environ: Mapping[str, str]) -> str:
    value = _text(environ, "base_url").rstrip("/")
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.path or parts.query or parts.fragment:
        raise Misconfigured(f"{PREFIX}BASE_URL is {value!r}; give scheme and host only, such as https://id.example.com")
    return value


def _number(environ: Mapping[str, str], name: str, least: float, most: float) -> float:
    text = _text(environ, name)
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not least <= value <= most:
        raise Misconfigured(f"{PREFIX}{name.upper()} is {text!r}; give a number from {least:g} to {most:g}")
    return value
