"""Limits for each network, code and session."""

from resolver.access.limits import IN_PROCESS, Gate, Rates, limit_factory


def gate_of(rates):
    return Gate(rates, limit_factory(IN_PROCESS, b"pepper of sixteen"))


def test_limits_hold_for_network_code_and_session_each():
    gate = gate_of(Rates(per_network=1, per_code=0, per_session=0))
    assert [gate.wait_s("a", "x", None, 0) for _ in range(10)] == [0.0] * 10
    assert gate.wait_s("a", "x", None, 0) > 0
    assert gate.wait_s("b", "x", None, 0) == 0
    gate = gate_of(Rates(per_network=0, per_code=1, per_session=0))
    assert any(gate.wait_s("a", "x", None, 0) for _ in range(11))
    assert gate.wait_s("a", "y", None, 0) == 0
    gate = gate_of(Rates(per_network=0, per_code=0, per_session=1))
    assert any(gate.wait_s("a", str(n), "phone", 0) for n in range(11))
    assert gate.wait_s("a", "x", None, 0) == 0
