"""Subscriptions of an organisation: who is notified of changes to its cases, by webhook, e-mail or MQTT."""

from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from resolver.access.audit import audit_access
from resolver.access.authentication import Anyone
from resolver.link import target
from resolver.services import With
from resolver.subscription import examples, store
from resolver.subscription.models import NewSubscription
from resolver.web import openapi
from resolver.web.problems import Refused, refused
from resolver.web.responses import Json
from schemas.topics import alerts_topic
from schemas.webhook import SIGNATURE_HEADER, WEBHOOK_TARGETS, is_webhook

router = APIRouter(prefix="/api/v1", tags=["alerts"])


@router.post(
    "/subscriptions",
    status_code=201,
    summary="Subscribe to alerts",
    responses=openapi.shown(examples.SUBSCRIBED, 201),
)
def subscribe(request: Request, services: With, caller: Anyone, body: NewSubscription) -> Response:
    """Be told of what happens to one's cases from now on. A webhook's secret is shown this once."""
    if body.channel == "webhook":
        try:
            target.checked(body.target, private=services.settings.private_targets)
        except target.RefusedTarget as error:
            raise refused(
                422, "invalid_field", f"target: {error}", "Give a public https URL.", field="target"
            ) from None
        if not services.settings.private_targets and not is_webhook(body.target):
            raise refused(
                422,
                "invalid_field",
                f"target: a webhook goes to {WEBHOOK_TARGETS}.",
                "Give such a URL.",
                field="target",
            )
    with services.store.transaction(caller.scope) as cursor:
        audit_access(cursor, caller, request)
        row = store.add(cursor, caller.org_id, caller.label, body.model_dump())
    more: dict[str, object] = {"topic": alerts_topic(caller.org_id)} if body.channel == "mqtt" else {}
    if body.channel == "webhook":
        more = {
            "secret": services.webhook_secrets.secret(row["subscription_id"], 1),
            "signature_header": SIGNATURE_HEADER,
        }
    return Json({**row, **more}, 201, headers={"Cache-Control": "no-store"})


@router.get("/subscriptions", summary="Subscriptions", responses=openapi.shown(examples.SUBSCRIPTIONS))
def subscriptions(services: With, caller: Anyone) -> Response:
    """The organisation's subscriptions and how they fare: cursor, failures, last error. Of a webhook's URL the host."""
    with services.store.transaction(caller.scope) as cursor:
        return Json({"subscriptions": store.listed(cursor, caller.org_id)})


@router.delete("/subscriptions/{subscription_id}", summary="Unsubscribe", responses=openapi.shown({"deleted": True}))
def unsubscribe(services: With, caller: Anyone, subscription_id: UUID) -> Response:
    """End a subscription."""
    with services.store.transaction(caller.scope) as cursor:
        if not store.delete(cursor, caller.org_id, subscription_id):
            raise _missing()
    return Json({"deleted": True})


@router.post(
    "/subscriptions/{subscription_id}/secret",
    summary="Renew a webhook's secret",
    responses=openapi.shown({"secret": "whsec_…"}),
)
def renew_secret(services: With, caller: Anyone, subscription_id: UUID) -> Response:
    """A new secret, shown this once; the old one is not used from the next notice on."""
    with services.store.transaction(caller.scope) as cursor:
        number = store.renew_secret(cursor, caller.org_id, subscription_id)
    if number is None:
        raise _missing()
    return Json(
        {"secret": services.webhook_secrets.secret(subscription_id, number)}, headers={"Cache-Control": "no-store"}
    )


@router.post(
    "/subscriptions/{subscription_id}/resume",
    summary="Try again at once",
    responses=openapi.shown({"resumed": True}),
)
def resume(services: With, caller: Anyone, subscription_id: UUID) -> Response:
    """Go on from where it stopped: after a receiver said 410, or in place of a long wait."""
    with services.store.transaction(caller.scope) as cursor:
        if not store.resume(cursor, caller.org_id, subscription_id):
            raise _missing()
    return Json({"resumed": True})


def _missing() -> Refused:
    return refused(404, "not_found", "There is no such subscription.", "GET /api/v1/subscriptions lists them.")
