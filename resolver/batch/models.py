"""Requests about products and batches."""

from datetime import date
from typing import Annotated, Literal, Self

from fastapi import Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from schemas.gs1 import CSET_82, check_digit, has_check_digit

Name = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
Reason = Annotated[str, StringConstraints(min_length=1, max_length=1000, strip_whitespace=True)]
Gtin = Annotated[str | None, Query(pattern="^[0-9]{14}$", description="Tells batches of the same lot apart.")]
"""The query parameter ``gtin`` beside a batch's lot."""


def _gtin(value: str) -> str:
    gtin = value.zfill(14) if len(value) in (8, 12, 13) else value
    if not (gtin.isascii() and gtin.isdigit() and len(gtin) == 14):
        raise ValueError("a GTIN has 14 digits")
    if not has_check_digit(gtin):
        raise ValueError(f"the check digit of {gtin} is {check_digit(gtin[:-1])}, not {gtin[-1]}")
    return gtin


class NewProduct(BaseModel):
    """A trade item. Its GTIN begins with one of the maker's own GS1 company prefixes."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "gtin": "09521234000013",
                    "name": "Huadu baijiu 500 ml",
                    "name_zh": "华都白酒 500 毫升",
                    "category": "baijiu",
                }
            ]
        },
    )
    gtin: str
    name: Name
    name_zh: Name
    category: Annotated[str, StringConstraints(max_length=100, strip_whitespace=True)] = ""

    _checked_gtin = field_validator("gtin")(_gtin)


class NewBatch(BaseModel):
    """A batch of any size up to 1,000,000,000 units. ``territory`` holds market ids; empty means anywhere."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "gtin": "09521234000013",
                    "lot": "L20260101",
                    "quantity": 20000,
                    "grade": "sealed",
                    "produced_on": "2026-01-01",
                    "expires_on": "2029-01-01",
                    "territory": ["chengdu"],
                }
            ]
        },
    )
    gtin: str
    lot: str = Field(min_length=1, max_length=20)
    quantity: int = Field(ge=1, le=1_000_000_000)
    grade: Literal["sealed", "signed"] = "sealed"
    produced_on: date
    expires_on: date | None = None
    territory: list[Annotated[str, StringConstraints(min_length=1, max_length=64)]] = Field([], max_length=1000)

    _checked_gtin = field_validator("gtin")(_gtin)

    @field_validator("lot")
    @classmethod
    def _is_a_lot(cls, value: str) -> str:
        if not CSET_82.fullmatch(value):
            raise ValueError("a lot has 1 to 20 characters of GS1 character set 82")
        return value

    @model_validator(mode="after")
    def _expires_after_production(self) -> Self:
        if self.expires_on is not None and self.expires_on < self.produced_on:
            raise ValueError("expires_on lies before produced_on")
        return self


class Commissioning(BaseModel):
    """Units ``first`` to ``first + count - 1`` of a batch were put on goods at a time (now, when it is left out)."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"first": 0, "count": 20000, "at": "2026-01-02T08:00:00+08:00", "site_id": "plant-1"}]
        },
    )
    first: int = Field(0, ge=0, le=1_000_000_000)
    count: int | None = Field(None, ge=1, le=1_000_000_000, description="All from first on, when left out.")
    at: AwareDatetime | None = None
    site_id: str | None = Field(None, max_length=128)


class BatchRevocation(BaseModel):
    """Why all codes of a batch are withdrawn, in both languages: whoever scans one of them reads it."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"reason": "A roll of its labels was stolen.", "reason_zh": "该批次的一卷标签被盗。"}]
        },
    )
    reason: Reason
    reason_zh: Reason


class Recall(BaseModel):
    """Why a batch is recalled, in both languages: whoever scans one of its units reads it."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"reason": "A seal may leak; return it to the shop.", "reason_zh": "瓶盖可能渗漏，请退回商店。"}
            ]
        },
    )
    reason: Reason
    reason_zh: Reason
