"""Requests about cases."""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from schemas.case import BY_PEOPLE, Reason, State

Remark = Annotated[str, StringConstraints(max_length=4000, strip_whitespace=True)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=4000, strip_whitespace=True)]


class Move(BaseModel):
    """Where a case goes next. Closing needs a reason. ``from`` guards against another who decided meanwhile."""

    model_config = ConfigDict(
        extra="forbid",
        populate_by_name=True,
        json_schema_extra={
            "examples": [
                {"from": "investigating", "state": "closed", "reason": "device_fault", "remark": "Clock was 6 h off."}
            ]
        },
    )
    state: State
    from_state: State | None = Field(None, alias="from")
    reason: Reason | None = Field(None, description=f"One of {', '.join(BY_PEOPLE)}; only with closed.")
    remark: Remark = ""


class Assignment(BaseModel):
    """Who works on the case; null for nobody."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"assignee": "inspector 7"}]})
    assignee: Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)] | None


class Comment(BaseModel):
    """A remark in the case's history. ``shared``: the accused dealer may read it."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"text": "Asked the depot for its papers.", "shared": True}]}
    )
    text: Text
    shared: bool = False


class NewAppeal(BaseModel):
    """Why the accused objects."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"statement": "Tourists bought these at our shop; see the receipts."}]},
    )
    statement: Text


class Decision(BaseModel):
    """What became of an appeal."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"outcome": "upheld", "remark": "The receipts match."}]}
    )
    outcome: Literal["upheld", "rejected"]
    remark: Text


class Withdrawal(BaseModel):
    """Why an appeal is taken back."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"remark": ""}]})
    remark: Remark = ""


class CalendarDay(BaseModel):
    """A day that is not what its weekday says."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"day": "2026-10-01", "works": False, "name": "国庆节"}]}
    )
    day: date
    works: bool
    name: Annotated[str, StringConstraints(max_length=100)] = ""


class Days(BaseModel):
    """Days to set in the calendar."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"days": [{"day": "2026-10-01", "works": False, "name": "国庆节"}]}]},
    )
    days: list[CalendarDay] = Field(min_length=1, max_length=1000)

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        named = [each.day for each in self.days]
        if len(set(named)) < len(named):
            raise ValueError("a day is named twice")
        return self
