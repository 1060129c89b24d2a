"""Where a form was: browsers say which site a request comes from, so that another site can't speak for its visitors."""

from urllib.parse import urlsplit

from starlette.requests import Request

from resolver.web.problems import refused


def require_own_form(request: Request, base_url: str) -> None:
    """Refuse what a page of another site sends. Programs and very old browsers say nothing of it, and are let in.

    :raises Refused: 403, ``foreign_origin``.
    """
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is not None:
        foreign = site not in ("same-origin", "none")
    else:
        own = {urlsplit(base_url).netloc.lower(), request.headers.get("host", "").lower()}
        foreign = origin is not None and urlsplit(origin).netloc.lower() not in own
    if foreign:
        raise refused(
            403,
            "foreign_origin",
            "The form is on a page of another site.",
            "Open the code's own page and send the form there.",
        )
