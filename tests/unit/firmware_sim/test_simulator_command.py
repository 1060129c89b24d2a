import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from firmware_sim.__main__ import main
from firmware_sim.device.keys import ReaderKey, save_key
from schemas.topics import Address

KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))


def test_a_world_is_summarised_as_json_or_for_people(capsys):
    assert main(["world", "--seed", "3", "--now", "1795490000", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["actions"]["ReaderEvent"] > 2000
    assert told["scenarios"]["clone"] > 0
    assert main(["world", "--seed", "3", "--now", "1795490000", "--honest"]) == 0
    text = capsys.readouterr().out
    assert "clone" not in text
    assert told["digest"] not in text


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["run", "--keys", "nowhere"], "nowhere: no keys; expected files {org}/{reader}/{kid}.pem"),
        (["run", "--keys", "nowhere", "--rate", "0"], "--seconds and --rate must be above 0"),
        (["world", "--parameters", "nowhere.toml"], "nowhere.toml: No such file or directory"),
    ],
)
def test_what_can_t_be_done_is_one_line_and_status_2(arguments, error, capsys):
    assert main(arguments) == 2
    assert capsys.readouterr().err == f"firmware_sim: {error}\n"


def test_more_readers_than_keys_is_refused(tmp_path, capsys):
    save_key(tmp_path, ReaderKey(Address("huadu", "dock"), b"k1", KEY))
    assert main(["run", "--keys", str(tmp_path), "--readers", "2"]) == 2
    assert "has keys of 1 readers" in capsys.readouterr().err
