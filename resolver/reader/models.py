"""Requests about readers: enrolment, rotation, settings."""

from typing import Annotated, Literal, NamedTuple, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from resolver.registry.models import Id, PublicKey
from resolver.registry.reader_class import ReaderClass
from schemas import enrolment
from schemas.reader_settings import RANGES

Kid = Annotated[str, StringConstraints(pattern=r"^([0-9a-fA-F]{2}){1,32}$")]
Nonce = Annotated[str, StringConstraints(pattern=rf"^[0-9a-fA-F]{{{2 * enrolment.NONCE_BYTES}}}$")]
Signature = Annotated[str, StringConstraints(pattern=r"^[0-9a-fA-F]{128}$")]


class NewEnrolment(BaseModel):
    """A one-time token for one reader; ``org_id`` may be left out for one's own organisation."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"org_id": "dealer-01", "reader_id": "gate-1", "site_id": "dealer-01-chengdu", "minutes": 60}]
        },
    )
    org_id: Id | None = None
    reader_id: Id
    site_id: str | None = Field(None, max_length=128)
    reader_class: ReaderClass | None = None
    minutes: int = Field(60, ge=1, le=7 * 24 * 60)


class Redemption(BaseModel):
    """A token for a key, hexadecimal; ``proof`` is the key's signature over the text of the protocol's section 11."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "token": enrolment.TOKEN_PREFIX + "A" * 43,
                    "kid": "6b31",
                    "public_key": "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
                    "proof": "00" * 64,
                }
            ]
        },
    )
    token: Annotated[str, StringConstraints(pattern=f"^{enrolment.TOKEN.pattern}$")]
    kid: Kid
    public_key: PublicKey
    proof: Signature

    def redemption(self) -> enrolment.Redemption:
        """The request as :mod:`schemas.enrolment` reads it."""
        return enrolment.Redemption(self.token, *map(bytes.fromhex, (self.kid, self.public_key, self.proof)))


class Rotation(NamedTuple):
    """A request for a new key beside the old one ``kid``, in bytes."""

    kid: bytes
    new_kid: bytes
    public_key: bytes
    nonce: bytes
    signature: bytes
    proof: bytes


class NewReaderKey(BaseModel):
    """A reader's new key beside an old one, all hexadecimal. Both keys sign the text of the protocol's section 11."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "kid": "6b31",
                    "new_kid": "6b32",
                    "public_key": "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
                    "nonce": "00" * enrolment.NONCE_BYTES,
                    "signature": "00" * 64,
                    "proof": "00" * 64,
                }
            ]
        },
    )
    kid: Kid
    new_kid: Kid
    public_key: PublicKey
    nonce: Nonce
    signature: Signature
    proof: Signature

    def rotation(self) -> Rotation:
        """The request in bytes."""
        return Rotation(*(bytes.fromhex(getattr(self, name)) for name in Rotation._fields))


class ReaderKeyRevocation(BaseModel):
    """Why a key is revoked. ``stolen``: with it go the keys that it introduced (from ``since`` on), and theirs.

    ``retired``: at the end of a rotation; what it introduced stays.
    """

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"because": "stolen", "since": "2026-03-01T08:00:00Z"}]}
    )
    because: Literal["stolen", "retired"] = "stolen"
    since: AwareDatetime | None = None

    @model_validator(mode="after")
    def _only_theft_has_a_time(self) -> Self:
        if self.since is not None and self.because != "stolen":
            raise ValueError("since says from when on a stolen key was in other hands")
        return self


STOLEN = ReaderKeyRevocation()
"""What a revocation that says nothing means: the safe one, whatever the key introduced and whenever."""


def _setting(name: str, about: str) -> int | None:
    minimum, maximum = RANGES[name]
    field: int | None = Field(None, ge=minimum, le=maximum, description=about)
    return field


class ReaderClassChange(BaseModel):
    """The class that a reader is to have."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"reader_class": "till"}]})
    reader_class: ReaderClass


class NewReaderSettings(BaseModel):
    """What the reader should work by; what is left out is up to the reader."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"batch_events": 200, "batch_age_ms": 2000}]}
    )
    batch_events: int | None = _setting("batch_events", "most events in a batch")
    batch_bytes: int | None = _setting("batch_bytes", "most bytes in a batch, about")
    batch_age_ms: int | None = _setting("batch_age_ms", "milliseconds until a batch is cut")
    in_flight: int | None = _setting("in_flight", "batches that wait for a receipt at a time")
    resend_s: int | None = _setting("resend_s", "seconds until a batch without a receipt is sent again")

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.model_dump(exclude_none=True):
            raise ValueError("give at least one setting")
        return self
