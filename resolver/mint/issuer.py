"""The issuer: makes the mint of a batch and the keys of dynamic tags, from the sealing root and the signing keys."""

from dataclasses import dataclass
from pathlib import Path

from resolver.mint.mint import Layer, Mint, Recipe
from resolver.mint.signing_key import read_signing_key, signing_key_path
from schemas.keys import RootKey, TagKeys, inner_key, seal_key, tag_keys


@dataclass(frozen=True, slots=True)
class BatchToMint:
    """What minting needs to know of a batch. ``kid`` None: sealed codes."""

    org_id: str
    batch_number: int
    gtin: str
    key_number: int
    kid: str | None


class Issuer:
    """Holds the sealing root, and the folder ``key_dir`` with the private keys ``{kid}.pem`` of signed codes."""

    def __init__(self, root: RootKey | bytes, key_dir: Path, base_url: str) -> None:
        self._root = root
        self._key_dir = key_dir
        self.base_url = base_url

    def has_key(self, kid: str) -> bool:
        """True when the private key of ``kid`` is in the folder."""
        return signing_key_path(self._key_dir, kid).is_file()

    def mint(self, batch: BatchToMint, layer: Layer = Layer.OUTER, base_url: str | None = None) -> Mint:
        """The mint of a batch's codes of one layer. ``base_url`` replaces the platform's present one.

        :raises Misconfigured: the batch is signed and its private key is not in the folder.
        """
        derive = seal_key if layer is Layer.OUTER else inner_key
        kid = batch.kid if layer is Layer.OUTER else None
        key = None if kid is None else read_signing_key(signing_key_path(self._key_dir, kid), kid)
        return Mint(
            Recipe(
                layer=layer,
                gtin=batch.gtin,
                batch_number=batch.batch_number,
                key_number=batch.key_number,
                base_url=base_url or self.base_url,
                seal_key=derive(self._root, batch.org_id, batch.key_number),
                kid=kid,
                signing_key=None if key is None else key.private_bytes_raw(),
            )
        )

    def tag_keys(self, org_id: str, uid: bytes) -> TagKeys:
        """The keys of the organisation's dynamic tag ``uid``."""
        return tag_keys(self._root, org_id, uid)
