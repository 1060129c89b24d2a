"""Which codes another platform answers for."""

from resolver.federation.delegation import Delegation, Delegations, was_passed_on


def test_the_most_specific_delegation_counts():
    rules = Delegations([Delegation("01/0952", "https://a", "A"), Delegation("01/09521", "https://b", "B")])
    assert rules.find("01/09521234000013").title == "B"
    assert rules.find("01/09529999").title == "A"
    assert rules.find("00/0952") is None
    assert was_passed_on("a=b&suyuanHop=1")
    assert not was_passed_on("a=suyuanHop")
