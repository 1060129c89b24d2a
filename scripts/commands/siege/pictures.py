"""Strangers who send pictures with a report: a few bytes that would be hundreds of megabytes when decoded."""

from io import BytesIO
from typing import Any

from PIL import Image

from scripts.commands.siege.assault import at_once
from scripts.commands.siege.attack import Attack, Play, needed
from scripts.commands.siege.stage import Stage

_REPORTS = 6
_GROWN_MB = 400
"""What the decoding process may take beside the resolver's own memory (its limit is below that)."""

_FORMS: dict[str, tuple[str, str, tuple[int, int], dict[str, Any]]] = {
    "jpeg": ("JPEG", "image/jpeg", (10_000, 10_000), {"quality": 5}),
    "progressive-jpeg": ("JPEG", "image/jpeg", (10_000, 10_000), {"quality": 5, "progressive": True}),
    "png": ("PNG", "image/png", (4_000, 4_000), {"compress_level": 9}),
    "webp": ("WEBP", "image/webp", (4_000, 4_000), {"quality": 1, "method": 0}),
}


def _bomb(form: str) -> Attack:
    kind, content_type, size, options = _FORMS[form]

    def attack(stage: Stage) -> Play:
        buffer = BytesIO()
        Image.new("RGB", size, (200, 30, 30)).save(buffer, kind, **options)
        reports = [_report(stage) for _ in range(_REPORTS)]
        resolver = stage.stack.part("resolver")
        before = resolver.resident()

        def send(index: int) -> int:
            with stage.http(address=stage.network()) as client:
                path = f"/reports/{reports[index]}/photos"
                headers = {"Content-Type": content_type}
                return client.post(path, content=buffer.getvalue(), headers=headers, timeout=120).status_code

        answers = at_once(_REPORTS, send)
        yield f"{_REPORTS} pictures of {size[0] * size[1] // 1_000_000} Mpx in {len(buffer.getvalue()) >> 10} KB"
        codes = [answer for answer in answers if isinstance(answer, int)]
        grown = (resolver.resident() - before) >> 20
        if len(codes) < _REPORTS or any(code >= 500 for code in codes):
            return f"answers were {answers}"
        return f"the resolver kept {grown} MB more" if grown > _GROWN_MB else ""

    attack.__doc__ = f"""A stranger reports units and sends {_REPORTS} {form} pictures of {size[0]} x {size[1]} at a
    time. Each is answered, pages are served, and no process leaves its memory."""
    return Attack(attack, "pictures", quick=form == "jpeg")


def _report(stage: Stage) -> str:
    with stage.http(address=stage.network()) as client:
        answer = client.post("/reports", json={"uri": stage.unit(), "suspicion": "counterfeit"})
        needed(answer.is_success, f"a report was refused: {answer.text[:200]}")
        return str(answer.json()["report_id"])


ATTACKS = {f"picture-bomb-{form}": _bomb(form) for form in _FORMS}
