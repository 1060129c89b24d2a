"""A world for tests: the demo's parameters, codes sealed with a key of the test's own."""

from random import Random

from firmware_sim.world.attacks import with_attacks
from firmware_sim.world.catalogue import build_catalogue
from firmware_sim.world.parameters import load_parameters
from firmware_sim.world.world import build_world
from schemas import code
from schemas.keys import Issuer, Keyring
from schemas.serial import Sealer

NOW = 1_795_490_000_000_000
PARAMETERS = load_parameters()
SEALER = Sealer(bytes(range(32)), 0)
KEYRING = Keyring({PARAMETERS.maker.prefix: Issuer(PARAMETERS.maker.org, (SEALER,))}, {})


def codes_of(catalogue):
    numbers = {batch.lot: (number, batch.gtin) for number, batch in enumerate(catalogue.batches)}

    def mint(lot, index):
        number, gtin = numbers[lot]
        return code.uri("https://id.example.org", gtin, SEALER.seal(gtin, number, index))

    return mint


def honest_world(seed=1, parameters=PARAMETERS, now=NOW):
    catalogue = build_catalogue(parameters, now, Random(seed))
    return build_world(catalogue, parameters, codes_of(catalogue), Random(seed))


def attacked_world(seed=1, parameters=PARAMETERS, now=NOW):
    plan = honest_world(seed, parameters, now)
    return with_attacks(plan, parameters, codes_of(plan.catalogue), Random(seed))
