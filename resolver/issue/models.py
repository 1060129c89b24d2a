"""The request to issue codes."""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from resolver.mint.mint import Layer

IssueId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,64}$")]


class NewIssue(BaseModel):
    """Units ``first`` to ``first + count - 1`` (all that follow, when count is left out), handed out for printing.

    ``issue_id`` is yours: the same request again, after a crash, is the same issue. Left out, it gets a random one.
    """

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"issue_id": "press-2-2026-03-01", "first": 0, "count": 20000},
                {"first": 400, "count": 100, "reissue": True, "reason": "The press tore the web at label 400."},
            ]
        },
    )
    issue_id: IssueId | None = None
    first: int = Field(0, ge=0, le=1_000_000_000)
    count: int | None = Field(None, ge=1, le=1_000_000_000, description="All from first on, when left out.")
    layer: Layer = Layer.OUTER
    reissue: bool = False
    reason: Annotated[str, StringConstraints(min_length=1, max_length=1000, strip_whitespace=True)] | None = None

    @model_validator(mode="after")
    def _reissue_has_a_reason(self) -> Self:
        if self.reissue != (self.reason is not None):
            raise ValueError("a reissue needs a reason, and nothing else has one")
        return self
