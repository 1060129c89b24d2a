"""Requests about dealers' territories."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

MAX_MARKETS = 500
"""Of one dealer's territory."""


class Territory(BaseModel):
    """The markets of a dealer's contract; none of them ends it. Operators name whose goods it is about."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"markets": ["chengdu", "chongqing"], "owner_org": "huadu"}]}
    )
    markets: list[Annotated[str, StringConstraints(min_length=1, max_length=64)]] = Field(max_length=MAX_MARKETS)
    owner_org: Annotated[str, StringConstraints(max_length=64)] | None = None
