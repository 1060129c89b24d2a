"""Problem documents of both processes: one form, their own titles."""

from gateway.capture.app import problem_response
from resolver.web import problems
from schemas.problem import Problem

TAKEN = Problem(409, "taken_kid", "The reader has another key of this key id.", "Use another key id.")


def test_a_problem_names_its_kind_its_reason_and_the_fix_in_this_order():
    assert list(TAKEN.to_document().items()) == [
        ("type", "https://suyuan.invalid/problems/taken-kid"),
        ("title", "taken kid"),
        ("status", 409),
        ("detail", "The reader has another key of this key id."),
        ("reason", "taken_kid"),
        ("fix", "Use another key id."),
    ]
    more = Problem(422, "range", "too far", extra={"field": "latitude"}).to_document()
    assert "fix" not in more
    assert list(more)[-1] == "field"


def test_the_captures_answer_keeps_its_bytes():
    response = problem_response(TAKEN)
    assert response.body == (
        b'{"type":"https://suyuan.invalid/problems/taken-kid","title":"taken kid","status":409,'
        b'"detail":"The reader has another key of this key id.","reason":"taken_kid","fix":"Use another key id."}'
    )
    assert response.headers["content-type"] == "application/problem+json"
    assert "retry-after" not in response.headers
    assert problem_response(Problem(503, "busy", "Too much.", "Later.")).headers["retry-after"] == "5"


def test_the_resolvers_title_goes_by_the_status():
    theirs = problems.Problem(TAKEN.status, TAKEN.reason, TAKEN.detail, TAKEN.fix)
    assert theirs.to_document() == TAKEN.to_document() | {"title": "This contradicts what is stored"}
