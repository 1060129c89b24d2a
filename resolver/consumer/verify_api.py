"""The page that checks signed codes in the browser: after it has loaded it needs nobody, not even this service."""

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from resolver.consumer import page
from resolver.web.request import language_of

router = APIRouter(tags=["consumer"])


@router.get("/verify", include_in_schema=False)
def verify_page(request: Request) -> Response:
    """Paste a code or point the camera at it; WebCrypto checks its signature with the published keys."""
    language = language_of(request)
    return HTMLResponse(
        page.render("verify.html", language, ""),
        headers={
            "Vary": "Accept-Language",
            "Content-Language": language,
            "Permissions-Policy": "geolocation=(), camera=(self), microphone=()",
        },
    )
