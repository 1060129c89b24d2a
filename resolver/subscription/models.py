"""The request for a subscription."""

import re
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from resolver.registry.models import Id
from schemas.finding import Kind
from schemas.notice import CHANGES, KEY

_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?=.{1,189}$)[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+")
"""An e-mail address as HTML's input takes it (WHATWG HTML, 4.10.5.1.5): no quotes, no line breaks."""
Change = Literal["opened", "evidence", "state", "escalated", "closed", "reopened", "appealed", "decided", "rule", "key"]
WantedKind = Annotated[str, StringConstraints(pattern=f"^({'|'.join([*Kind, 'rule', KEY])})$")]


class NewSubscription(BaseModel):
    """Who is told of what, where. Empty lists mean all. ``target``: the webhook's URL, or the e-mail's address."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "channel": "webhook",
                    "target": "https://alerts.example.com/suyuan",
                    "kinds": ["copied", "diverted"],
                    "markets": ["chengdu"],
                    "changes": ["opened", "escalated"],
                }
            ]
        },
    )
    channel: Literal["webhook", "email", "mqtt"]
    target: Annotated[str, StringConstraints(max_length=2048, strip_whitespace=True)] = ""
    language: Literal["zh", "en"] = "zh"
    kinds: list[WantedKind] = Field([], max_length=50)
    gtins: list[Annotated[str, StringConstraints(pattern="^[0-9]{14}$")]] = Field([], max_length=1000)
    markets: list[Id] = Field([], max_length=1000)
    changes: list[Change] = Field([], max_length=len(CHANGES))

    @model_validator(mode="after")
    def _has_its_target(self) -> Self:
        if self.channel == "mqtt" and self.target:
            raise ValueError("mqtt has no target: notices go to the organisation's own topic")
        if self.channel == "webhook" and not self.target:
            raise ValueError("a webhook needs its URL as target")
        if self.channel == "email" and not _ADDRESS.fullmatch(self.target):
            raise ValueError("target is no e-mail address")
        return self
