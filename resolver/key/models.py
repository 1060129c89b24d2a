"""Requests about keys."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints


class NewSigningKey(BaseModel):
    """A key for signed codes; it may sign from now for ``years``."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"years": 5}]})
    years: int = Field(5, ge=1, le=30)


class KeyRevocation(BaseModel):
    """Why a key is to be revoked, which can't be undone. ``emergency``: at once, on an operator's word alone."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"reason": "The key folder was copied on 1 March."}]}
    )
    reason: Annotated[str, StringConstraints(min_length=1, max_length=1000, strip_whitespace=True)]
    emergency: bool = False
