"""What a request to a code's address gets: the decision as a table."""

import pytest

from resolver.consumer.route import DefaultLink, Linkset, Page, ProvenanceAnswer, TypedLink, VerdictAnswer, route
from resolver.link import vocabulary
from resolver.link.question import LinkQuestion
from resolver.web.negotiation import HTML, JSON, LINKSET_JSON, LINKSET_TEXT, Wishes
from schemas.code import Checked, Proof
from schemas.digital_link import parse

UNIT, PRODUCT = "/01/09521234000013/21/A", "/01/09521234000013"
PIP = vocabulary.GS1 + "pip"


def question(path, link_type, representation):
    return LinkQuestion(
        path=path,
        query="",
        link=parse(path),
        checked=Checked(Proof.SEALED, path[1:], "huadu"),
        link_type=link_type,
        representation=representation,
        wishes=Wishes(),
        language="en",
    )


@pytest.mark.parametrize(
    ("link_type", "representation", "of_unit", "of_product"),
    [
        (None, None, DefaultLink(), DefaultLink()),
        (None, JSON, VerdictAnswer(), VerdictAnswer()),
        (None, HTML, Page(), Page()),
        (None, LINKSET_JSON, Linkset(LINKSET_JSON), Linkset(LINKSET_JSON)),
        (None, LINKSET_TEXT, Linkset(LINKSET_TEXT), Linkset(LINKSET_TEXT)),
        ("linkset", None, Linkset(LINKSET_JSON), Linkset(LINKSET_JSON)),
        ("linkset", HTML, Linkset(LINKSET_JSON), Linkset(LINKSET_JSON)),
        ("all", LINKSET_TEXT, Linkset(LINKSET_TEXT), Linkset(LINKSET_TEXT)),
        (vocabulary.VERDICT, None, VerdictAnswer(), VerdictAnswer()),
        (vocabulary.VERDICT, HTML, VerdictAnswer(), VerdictAnswer()),
        (vocabulary.VERDICT, LINKSET_JSON, VerdictAnswer(), VerdictAnswer()),
        (vocabulary.PROVENANCE, None, ProvenanceAnswer(), TypedLink(vocabulary.PROVENANCE)),
        (vocabulary.PROVENANCE, HTML, ProvenanceAnswer(), TypedLink(vocabulary.PROVENANCE)),
        (PIP, None, TypedLink(PIP), TypedLink(PIP)),
        (PIP, JSON, TypedLink(PIP), TypedLink(PIP)),
        (PIP, LINKSET_JSON, TypedLink(PIP), TypedLink(PIP)),
        (vocabulary.DEFAULT, None, TypedLink(vocabulary.DEFAULT), TypedLink(vocabulary.DEFAULT)),
    ],
)
def test_link_type_comes_before_representation_and_a_linkset_before_both(
    link_type, representation, of_unit, of_product
):
    assert route(question(UNIT, link_type, representation)) == of_unit
    assert route(question(PRODUCT, link_type, representation)) == of_product
