"""Where libraries may stand: SQL in store modules, MQTT in MQTT modules, private keys in the mint."""

from collections.abc import Iterator, Mapping

from scripts.architecture.source import Module, Violation

PRODUCT = ("schemas.", "gateway.", "resolver.", "firmware_sim.")
PRIVATE_KEYS = frozenset(
    {
        "Ed25519PrivateKey",
        "load_pem_private_key",
        "load_der_private_key",
        "load_ssh_private_key",
        "EllipticCurvePrivateKey",
        "RSAPrivateKey",
    }
)


def check_libraries(modules: Mapping[str, Module]) -> Iterator[Violation]:
    """Imports of ``psycopg``, ``paho`` and private-key classes in modules that are not for them."""
    for name, module in modules.items():
        if not name.startswith(PRODUCT):
            continue
        for each in module.imports:
            library, last = each.target.partition(".")[0], each.target.rpartition(".")[2]
            if library in {"psycopg", "psycopg_pool"} and not _is_store(module):
                yield Violation(module.path, each.line, f"{library} belongs into store modules: *store.py, or store/")
            if library == "paho" and "mqtt" not in module.path.stem:
                yield Violation(module.path, each.line, "paho belongs into MQTT modules: *mqtt*.py")
            if last in PRIVATE_KEYS and name.startswith(("resolver.", "gateway.")) and module.path.parts[1] != "mint":
                yield Violation(module.path, each.line, f"{last}: only resolver/mint touches private keys")


def _is_store(module: Module) -> bool:
    return module.path.stem.endswith("store") or "store" in module.path.parts[1:-1]
