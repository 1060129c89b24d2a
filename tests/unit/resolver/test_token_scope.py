"""Which scope each request needs."""

import pytest

from resolver.access.token_scope import SCOPES, scope_of
from resolver.registry import operator_api, token_api


def test_whatever_says_who_may_do_what_needs_admin():
    routes = [*operator_api.router.routes, *token_api.router.routes]
    changing = [(each.path, verb) for each in routes for verb in each.methods - {"GET", "HEAD"}]
    assert len(changing) >= 8
    assert {scope_of(verb, path) for path, verb in changing} == {"admin"}


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", "/api/v1/batches", "read"),
        ("POST", "/api/v1/batches", "write"),
        ("POST", "/api/v1/batches/L1/recall", "write"),
        ("POST", "/api/v1/batches/L1/revocation", "admin"),
        ("POST", "/api/v1/batches/L1/issues", "issue"),
        ("GET", "/api/v1/batches/L1/codes", "issue"),
        ("GET", "/api/v1/batches/L1/labels", "issue"),
        ("POST", "/api/v1/tags", "issue"),
        ("GET", "/api/v1/tokens", "admin"),
        ("POST", "/api/v1/organisations/huadu/seal-keys/0/revocation", "admin"),
        ("GET", "/api/v1/organisations/huadu/keys", "read"),
        ("PUT", "/api/v1/readers/huadu/line-1/settings", "admin"),
        ("DELETE", "/api/v1/read-point-grants/a/b", "admin"),
        ("DELETE", "/api/v1/links", "write"),
    ],
)
def test_a_request_needs_the_scope_of_what_it_does(method, path, scope):
    assert scope in SCOPES
    assert scope_of(method, path) == scope
