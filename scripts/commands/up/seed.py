"""Seeding: what the world needs is registered over the operator's and the maker's API, and its codes are minted."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from random import Random

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from firmware_sim.device.keys import ReaderKey
from firmware_sim.world.attacks import with_attacks
from firmware_sim.world.catalogue import DAY, Catalogue, build_catalogue
from firmware_sim.world.parameters import Parameters, load_parameters
from firmware_sim.world.plan import WorldPlan
from firmware_sim.world.world import build_world
from resolver.access.token_scope import SCOPES
from schemas.topics import Address
from scripts.system.api_client import Client

KID = b"k1"

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is."""


@dataclass(frozen=True, slots=True)
class Seeded:
    """What seeding made: the plan to be played, tokens by organisation, readers' keys, the number of codes."""

    plan: WorldPlan
    tokens: dict[str, str]
    readers: list[ReaderKey]
    minted: int


def last_midnight(now: int) -> int:
    """The moment (microseconds, UTC) at which a demo that is played ``now`` ends: one seed is one world every day.

    What happens by day or by night, and what has happened yet, follows from it.
    """
    return now - now % DAY


def seed(base_url: str, operator_token: str, random_seed: int, now: int, progress: Progress) -> Seeded:
    """Register the world of ``random_seed`` that ends at ``now`` (microseconds, UTC), and plan what happens in it."""
    parameters = load_parameters()
    rng = Random(random_seed)  # noqa: S311 -- a world has to be repeatable
    catalogue = build_catalogue(parameters, now, rng)
    with Client(base_url, operator_token) as operator:
        tokens, readers = _register(operator, catalogue, parameters, progress)
    with Client(base_url, tokens[parameters.maker.org]) as maker:
        codes = _mint(maker, catalogue, progress)

    def code(lot: str, index: int) -> str:
        return codes[lot, index]

    plan = with_attacks(build_world(catalogue, parameters, code, rng), parameters, code, rng)
    return Seeded(plan, tokens, readers, len(codes))


def _register(
    operator: Client, catalogue: Catalogue, parameters: Parameters, progress: Progress
) -> tuple[dict[str, str], list[ReaderKey]]:
    total = len(catalogue.organisations) + len(catalogue.markets) + len(catalogue.sites) + len(catalogue.readers)
    done = 0

    def step() -> None:
        nonlocal done
        done += 1
        progress("registering organisations, markets, sites, readers", done, total)

    tokens: dict[str, str] = {}
    for organisation in catalogue.organisations:
        prefixes = [parameters.maker.prefix] if organisation.kind == "maker" else []
        operator.post("/api/v1/organisations", asdict(organisation) | {"prefixes": prefixes})
        issued = operator.post("/api/v1/tokens", {"org_id": organisation.org_id, "label": "demo", "scopes": [*SCOPES]})
        tokens[organisation.org_id] = issued["token"]
        step()
    operator.post(f"/api/v1/organisations/{parameters.maker.org}/signing-keys", {"years": 5})
    for market in catalogue.markets:
        operator.post("/api/v1/markets", asdict(market))
        step()
    for site in catalogue.sites:
        fields = asdict(site)
        del fields["city_id"]
        operator.post("/api/v1/sites", fields)
        step()
    readers = []
    for place in catalogue.readers:
        key = Ed25519PrivateKey.generate()
        public = key.public_key().public_bytes_raw().hex()
        operator.post("/api/v1/readers", asdict(place) | {"kid": KID.hex(), "public_key": public})
        readers.append(ReaderKey(Address(place.org_id, place.reader_id), KID, key))
        step()
    return tokens, readers


def _mint(maker: Client, catalogue: Catalogue, progress: Progress) -> dict[tuple[str, int], str]:
    for product in catalogue.products:
        fields = asdict(product)
        del fields["org_id"]
        maker.post("/api/v1/products", fields)
    codes: dict[tuple[str, int], str] = {}
    total = sum(batch.codes for batch in catalogue.batches)
    for batch in catalogue.batches:
        maker.post(
            "/api/v1/batches",
            {
                "gtin": batch.gtin,
                "lot": batch.lot,
                "quantity": batch.quantity,
                "grade": batch.grade,
                "produced_on": batch.produced_on.isoformat(),
                "expires_on": batch.expires_on.isoformat() if batch.expires_on else None,
                "territory": list(batch.territory),
            },
        )
        issue = maker.post(f"/api/v1/batches/{batch.lot}/issues", {"first": 0, "count": batch.codes})
        for code in maker.lines(f"/api/v1/batches/{batch.lot}/codes", issue=issue["issue_id"]):
            codes[batch.lot, code["index"]] = code["uri"]
            progress("minting codes", len(codes), total)
    return codes
