"""What a request says of itself: its path on this host, and whether a person looks."""

import pytest
from starlette.requests import Request

from resolver.web.request import is_by_person, raw_path


def request(path="/", **headers):
    return Request(
        {
            "type": "http",
            "method": "GET",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()],
        }
    )


@pytest.mark.parametrize("slashes", ["/", "//", "///"])
def test_no_path_of_a_request_is_another_hosts_address(slashes):
    assert raw_path(request(slashes + "evil.example/01/09521234000013")) == "/evil.example/01/09521234000013"
    assert raw_path(request("/\\evil.example/")).startswith("/%5C")


@pytest.mark.parametrize(
    ("destination", "person"),
    [("document", True), ("image", False), ("iframe", False), ("script", False), ("empty", False)],
)
def test_a_part_of_another_sites_page_is_no_persons_look(destination, person):
    assert is_by_person(request(sec_fetch_dest=destination)) is person
    assert is_by_person(request()), "older browsers say nothing of it"
