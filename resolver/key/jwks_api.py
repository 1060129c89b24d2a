"""For everyone: the public keys of signed codes."""

from fastapi import APIRouter
from starlette.responses import Response

from resolver.key import examples
from resolver.key.public_key_set import key_set
from resolver.services import With
from resolver.web import openapi
from resolver.web.responses import Json

router = APIRouter(tags=["platform"])


@router.get(
    "/.well-known/jwks.json",
    summary="Public keys of signed codes",
    operation_id="jwks",
    responses=openapi.shown(examples.KEYS, guarded=False),
)
def jwks(services: With) -> Response:
    """The Ed25519 keys (RFC 8037) with which signed codes are checked offline, each with its validity."""
    return Json(key_set(services.keyring.current()), headers={"Cache-Control": "max-age=300"})
