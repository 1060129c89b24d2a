"""Requests about mandates and grants."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from resolver.registry.models import Id

SiteId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._:-]{1,128}$")]


class NewMandate(BaseModel):
    """What another organisation may say of the owner's goods: of one product or of all, by the time of the event."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "org_id": "packer-01",
                    "verbs": ["commission", "custody"],
                    "gtin": "09521234000013",
                    "since": "2026-01-01T00:00:00Z",
                }
            ]
        },
    )
    org_id: Id
    verbs: list[Literal["commission", "custody", "end", "recall"]] = Field(min_length=1, max_length=4)
    gtin: Annotated[str, StringConstraints(pattern=r"^[0-9]{14}$")] | None = None
    since: AwareDatetime | None = Field(None, description="Events from then on; when absent, from now on.")
    until: AwareDatetime | None = Field(None, description="Events before then; when absent, until it is ended.")


class NewReadPointGrant(BaseModel):
    """An organisation whose readers may name one's own site as their read point."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"site_id": "dealer-01-chengdu", "org_id": "carrier-01"}]},
    )
    site_id: SiteId
    org_id: Id
