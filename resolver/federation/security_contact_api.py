"""Where finders of weaknesses read whom to tell."""

from fastapi import APIRouter
from starlette.responses import PlainTextResponse, Response

from resolver.federation.security_contact import security_txt
from resolver.services import With
from schemas.errors import NotFound

router = APIRouter(tags=["platform"])


@router.get(
    "/.well-known/security.txt",
    summary="Whom to tell of a weakness",
    operation_id="security_contact",
    response_class=PlainTextResponse,
    responses={
        200: {
            "content": {
                "text/plain": {"example": "Contact: mailto:security@example.com\nExpires: 2026-09-01T00:00:00Z"}
            }
        },
        404: {"description": "The operator has named nobody (SUYUAN_SECURITY_CONTACT)."},
    },
)
def security_contact(services: With) -> Response:
    """The operator's contact for reports of weaknesses (RFC 9116)."""
    settings = services.settings
    if not settings.security_contacts:
        raise NotFound("not_found", "The operator has named no contact here.", "Ask the operator of this host.")
    text = security_txt(settings.security_contacts, settings.base_url, services.clock())
    return PlainTextResponse(text, headers={"Cache-Control": "public, max-age=3600"})
