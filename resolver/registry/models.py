"""Requests of the platform's operator."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from resolver.access.token_scope import LEAST, SCOPES, TokenScope
from resolver.registry.reader_class import ReaderClass
from schemas.public_key import fault_of
from schemas.topics import NAME

Id = Annotated[str, StringConstraints(pattern=f"^{NAME.pattern}$")]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
Role = Literal["maker", "dealer", "regulator", "operator"]
Latitude = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
Longitude = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]


def _usable_key(value: str) -> str:
    if fault := fault_of(bytes.fromhex(value)):
        raise ValueError(f"the key {fault}")
    return value


PublicKey = Annotated[str, StringConstraints(pattern=r"^[0-9a-fA-F]{64}$"), AfterValidator(_usable_key)]
"""An Ed25519 key in hexadecimal; not one of small order, see :mod:`schemas.public_key`."""


class NewOrganisation(BaseModel):
    """An organisation. Prefixes are its GS1 company prefixes; a maker gets its first sealing key with it."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"org_id": "huadu", "name": "Huadu", "name_zh": "华都", "kind": "maker", "prefixes": ["9521234"]}
            ]
        },
    )
    org_id: Id
    name: Name
    name_zh: Name
    kind: Role
    prefixes: list[Annotated[str, StringConstraints(pattern=r"^[0-9]{4,12}$")]] = Field([], max_length=100)

    @model_validator(mode="after")
    def _has_prefixes_of_a_maker(self) -> Self:
        if self.prefixes and self.kind != "maker":
            raise ValueError("only a maker has company prefixes")
        return self


class NewToken(BaseModel):
    """A token for an organisation; its role is the organisation's kind. It lasts 90 days, or until ``expires_at``."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"org_id": "huadu", "label": "filling line 1", "scopes": ["issue"]}],
        },
    )
    org_id: Id
    label: Name
    scopes: list[TokenScope] = Field(list(LEAST), min_length=1, max_length=len(SCOPES))
    expires_at: AwareDatetime | None = None


class TokenRevocation(BaseModel):
    """Which tokens to revoke: all of an organisation under one label."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"org_id": "huadu", "label": "filling line 1"}]}
    )
    org_id: Id
    label: Name


class NewSite(BaseModel):
    """A read point."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "site_id": "dealer-01-chengdu",
                    "org_id": "dealer-01",
                    "name": "Chengdu depot",
                    "name_zh": "成都仓",
                    "kind": "dealer",
                    "latitude": 30.66,
                    "longitude": 104.06,
                }
            ]
        },
    )
    # no slash: a site's id stands in a lane's name
    site_id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._:-]{1,128}$")]
    org_id: Id
    name: Name
    name_zh: Name
    kind: Literal["plant", "dc", "dealer", "shop", "other"]
    latitude: Latitude
    longitude: Longitude


class NewMarket(BaseModel):
    """A market: a circle in which consumers' scans are counted."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "market_id": "chengdu",
                    "name": "Chengdu",
                    "name_zh": "成都",
                    "latitude": 30.66,
                    "longitude": 104.06,
                    "radius_km": 60,
                }
            ]
        },
    )
    market_id: Id
    name: Name
    name_zh: Name
    latitude: Latitude
    longitude: Longitude
    radius_km: float = Field(gt=0, le=2000, allow_inf_nan=False)


class NewReader(BaseModel):
    """A reader's public key (Ed25519, 32 bytes) under a key id, both hexadecimal."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "org_id": "huadu",
                    "reader_id": "line-1",
                    "site_id": "plant-1",
                    "kid": "01",
                    "public_key": "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
                }
            ]
        },
    )
    org_id: Id
    reader_id: Id
    site_id: str | None = Field(None, max_length=128)
    reader_class: ReaderClass | None = None
    kid: Annotated[str, StringConstraints(pattern=r"^([0-9a-fA-F]{2}){1,32}$")]
    public_key: PublicKey


class IssuedToken(BaseModel):
    """A new token: this is the only time that it is shown."""

    token: str
    org_id: str
    token_id: UUID
    role: Role
    label: str
    scopes: list[TokenScope]
    created_at: datetime
    created_by: str
    expires_at: datetime
    revoked_at: datetime | None
    last_used_at: datetime | None
