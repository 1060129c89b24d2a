"""Problems: every error is an answer that names what is wrong and what to do."""

import pytest

from resolver.web.problems import Problem, problem_of, problem_of_fields, refused
from schemas.digital_link import parse
from schemas.errors import (
    Conflict,
    Invalid,
    InvalidEvent,
    InvalidIdentifier,
    InvalidMessage,
    NotFound,
    StoreUnavailable,
    SuyuanError,
)


def test_a_malformed_code_names_the_part_and_its_characters():
    with pytest.raises(InvalidIdentifier) as caught:
        parse("/01/0952123400001X/21/A")
    document = problem_of(caught.value).to_document()
    assert document["status"] == 400
    assert document["part"] == "01"
    assert document["span"] == [17, 18]
    assert document["type"].endswith("/not-digits")
    assert document["fix"]


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (refused(409, "exists", "There is one."), 409),
        (Invalid("no_maker", "That is no maker."), 422),
        (NotFound("unknown_key", "There is no such key."), 404),
        (Conflict("exists", "There is one."), 409),
        (InvalidEvent("range", "too far", field="latitude"), 422),
        (InvalidMessage("unreadable", "not CBOR"), 400),
        (StoreUnavailable("no route"), 503),
        (SuyuanError("surprise"), 500),
    ],
)
def test_each_error_of_the_contract_has_its_status(error, status):
    assert problem_of(error).status == status


def test_a_store_that_is_down_says_when_to_come_back_and_tells_no_secrets():
    problem = problem_of(StoreUnavailable("password authentication failed for user suyuan_resolver"))
    assert problem.headers["Retry-After"] == "2"
    assert "password" not in str(problem.to_document())


def test_wrong_fields_are_all_named_the_first_one_first():
    errors = [
        {"loc": ("body", "quantity"), "msg": "too many", "type": "less_than_equal"},
        {"loc": ("body", "territory", 2), "msg": "too short", "type": "string_too_short"},
    ]
    document = problem_of_fields(errors).to_document()
    assert document["status"] == 422
    assert document["field"] == "quantity"
    assert [each["field"] for each in document["errors"]] == ["quantity", "territory.2"]


def test_a_body_that_is_not_json_is_a_400():
    problem = problem_of_fields([{"loc": ("body", 3), "msg": "bad", "type": "json_invalid"}])
    assert problem.status == 400


def test_a_document_has_no_empty_members():
    assert "fix" not in Problem(404, "not_found", "Nothing.").to_document()


def test_a_domain_error_and_a_refusal_by_status_make_the_same_document():
    of_the_domain = Conflict("overlap", "Issued already.", "Name other units.", field="first", count=3)
    by_status = refused(409, "overlap", "Issued already.", "Name other units.", field="first", count=3)
    assert list(problem_of(of_the_domain).to_document().items()) == list(problem_of(by_status).to_document().items())
