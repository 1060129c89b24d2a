"""Rules and what closures say of them: a rule that is hardly ever right falls silent, and says so."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, StringConstraints
from starlette.responses import Response

from resolver.access.audit import audit_access
from resolver.access.authentication import Anyone, Operator
from resolver.access.caller import Caller
from resolver.case import examples, rule_store
from resolver.case import store as case_store
from resolver.case.models import Text
from resolver.registry import store as registry_store
from resolver.registry.models import Id
from resolver.services import With
from resolver.store import Cursor, Scope
from resolver.web import openapi
from resolver.web.problems import refused
from resolver.web.responses import Json
from schemas.case import LEAST_PRECISION, PRECISION_CLOSURES

router = APIRouter(prefix="/api/v1", tags=["rules"])

RuleName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,60}$")]


class Standing(BaseModel):
    """Whether a rule asks for people's time about an organisation's goods (alert), or is silent (watch)."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"org_id": "huadu", "level": "alert", "remark": "The clocks were put right on 1 March."}]
        },
    )
    org_id: Id
    level: Literal["watch", "alert"]
    remark: Text


def _scope(caller: Caller) -> Scope:
    """An operator sees every rule's standing, and nothing else by that."""
    return Scope(caller.org_id, "rules") if caller.role == "operator" else caller.scope


@router.get("/rules", summary="Rules by their precision", responses=openapi.shown(examples.RULES))
def rules(request: Request, services: With, caller: Anyone) -> Response:
    """Per rule and owner, how many of its last 200 telling closures confirmed it, and whether it is silent."""
    with services.store.transaction(_scope(caller)) as cursor:
        audit_access(cursor, caller, request)
        return Json(_document(cursor))


@router.post(
    "/rules/{rule}/status",
    summary="Silence a rule, or let it speak",
    responses=openapi.shown(examples.RULES),
)
def set_status(services: With, caller: Operator, rule: RuleName, body: Standing) -> Response:
    """Let a rule fall silent for one owner's goods, or speak again; its closures are then counted anew."""
    with services.store.transaction(_scope(caller)) as cursor:
        if registry_store.organisation(cursor, body.org_id) is None:
            raise refused(
                422, "unknown_organisation", f"There is no organisation {body.org_id}.", "Use its id.", field="org_id"
            )
        case_store.act(cursor, caller.label)
        actor = f"{caller.org_id}/{caller.label}"
        rule_store.set_level(
            cursor, rule=rule, owner_org=body.org_id, level=body.level, actor=actor, remark=body.remark
        )
        return Json(_document(cursor))


def _document(cursor: Cursor) -> dict[str, Any]:
    counts_of: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rule_store.precision(cursor):
        counts_of[row["rule"], row["owner_org"]] = {"closures": row["closures"], "confirmed": row["confirmed"]}
    standing = {(row["rule"], row["owner_org"]): row for row in rule_store.statuses(cursor)}
    return {
        "rules": [
            _rule(
                name, owner, counts_of.get((name, owner), {"closures": 0, "confirmed": 0}), standing.get((name, owner))
            )
            for name, owner in sorted(counts_of.keys() | standing.keys())
        ],
        "counted": PRECISION_CLOSURES,
        "least_precision": LEAST_PRECISION,
    }


def _rule(name: str, owner: str, counts: dict[str, int], standing: dict[str, Any] | None) -> dict[str, Any]:
    closures, confirmed = counts["closures"], counts["confirmed"]
    remark = "" if standing is None else standing["remark"]
    level = "alert" if standing is None else standing["level"]
    return {
        "rule": name,
        "owner_org": owner,
        "closures": closures,
        "confirmed": confirmed,
        "precision": None if not closures else round(confirmed / closures, 4),
        "level": level,
        "since": None if standing is None else standing["since"],
        "actor": None if standing is None else standing["actor"],
        "remark": None if standing is None else standing["remark"],
        "says": None
        if level == "alert"
        else {
            "zh": f"规则 {name} 已静默：{remark}。它的发现仍会记录，但不再报警。",
            "en": f"Rule {name} is silent: {remark}. What it finds is kept; it raises no alerts.",
        },
    }
