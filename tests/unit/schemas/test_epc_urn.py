import pytest

from schemas import epc_urn
from schemas.digital_link import parse
from schemas.errors import InvalidIdentifier

PAIRS = {
    "urn:epc:id:sgtin:9521234.054321.400": "/01/09521234543213/21/400",
    "urn:epc:id:sgtin:9521234.154321.A%2FB%25": "/01/19521234543210/21/A%2FB%25",
    "urn:epc:id:sgtin:952123400000.0.7": "/01/09521234000006/21/7",
    "urn:epc:class:lgtin:9521234.054321.L-7": "/01/09521234543213/10/L-7",
    "urn:epc:id:upui:9521234.054321.T1": "/01/09521234543213/235/T1",
    "urn:epc:id:sscc:9521234.0000000001": "/00/095212340000000013",
    "urn:epc:id:sgln:9521234.00000.0": "/414/9521234000006",
    "urn:epc:id:sgln:9521234.00000.dock-3": "/414/9521234000006/254/dock-3",
    "urn:epc:id:pgln:9521234.00000": "/417/9521234000006",
    "urn:epc:id:grai:9521234.00000.AB": "/8003/09521234000006AB",
    "urn:epc:id:giai:9521234.X%2F1": "/8004/9521234X%2F1",
    "urn:epc:id:gsrn:9521234.0000000001": "/8018/952123400000000017",
    "urn:epc:id:gsrnp:9521234.0000000001": "/8017/952123400000000017",
    "urn:epc:id:gdti:9521234.00000.1": "/253/95212340000061",
    "urn:epc:id:sgcn:9521234.00000.12": "/255/952123400000612",
    "urn:epc:id:gsin:9521234.000000001": "/402/95212340000000013",
    "urn:epc:id:ginc:9521234.xyz": "/401/9521234xyz",
    "urn:epc:id:cpi:9521234.AB%23C.17": "/8010/9521234AB%23C/8011/17",
    "urn:epc:id:itip:9521234.054321.01.02.9": "/8006/095212345432130102/21/9",
}

# text, reason, and the characters that the span must point at
BAD = [
    ("urn:epc:id:sgtin", "epc_urn", "urn:epc:id:sgtin"),
    ("urn:epc:id:gid:1.2.3", "epc_urn", "id:gid"),
    ("urn:epc:idpat:sgtin:9521234.054321.*", "epc_urn", "idpat:sgtin"),
    ("urn:isbn:id:sgtin:1.2.3", "epc_urn", "urn:isbn:id:sgtin:1.2.3"),
    ("urn:epc:id:sgtin:9521234.054321", "epc_urn", "9521234.054321"),
    ("urn:epc:id:sgtin:95212.30543210.1", "company_prefix", "95212"),
    ("urn:epc:id:sgtin:9521234.05432.1", "length", "9521234.05432"),
    ("urn:epc:id:sgtin:9521234.05432x.1", "length", "9521234.05432x"),
    ("urn:epc:id:sgtin:9521234.054321.A B", "character_set", " "),
    ("urn:epc:id:sgtin:9521234.054321.", "length", ""),
    ("urn:epc:id:cpi:9521234.AB.017", "value", "017"),
    ("urn:epc:id:sgln:9521234.00000.%FF", "percent_encoding", "%FF"),
]


@pytest.mark.parametrize("urn", PAIRS)
def test_a_urn_and_a_digital_link_name_the_same(urn):
    link = parse(PAIRS[urn])
    assert epc_urn.read(urn) == link
    assert epc_urn.write(link, len(urn.split(":")[4].split(".")[0])) == urn


@pytest.mark.parametrize(("text", "reason", "wrong"), BAD)
def test_what_is_wrong_is_pointed_at(text, reason, wrong):
    with pytest.raises(InvalidIdentifier) as refused:
        epc_urn.read(text)
    assert (refused.value.reason, text[slice(*refused.value.span)]) == (reason, wrong)


def test_the_length_of_a_company_prefix_is_looked_up():
    link = parse("/01/07044610873466/21/1")
    assert epc_urn.read(epc_urn.write(link)) == link
    assert epc_urn.write(link).startswith("urn:epc:id:sgtin:704461.")


def test_a_company_prefix_that_is_not_in_the_table_has_to_be_given():
    link = parse("/414/9999999999994")
    with pytest.raises(InvalidIdentifier, match="say how long it is"):
        epc_urn.write(link)


@pytest.mark.parametrize("path", ["/01/09521234543213", "/253/9521234000006", "/8003/09521234000006"])
def test_what_has_no_urn_of_its_own_is_refused(path):
    with pytest.raises(InvalidIdentifier, match="no EPC URN"):
        epc_urn.write(parse(path), 7)


@pytest.mark.parametrize("length", [5, 13])
def test_a_company_prefix_of_no_possible_length_is_refused(length):
    with pytest.raises(ValueError, match="6 to 12"):
        epc_urn.write(parse("/414/9521234000006"), length)
