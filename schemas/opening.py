"""Covert codes (涂层码): a second code of the same unit, inside the pack, laid bare when it is opened.

It names the same key number, batch and index as the code outside, sealed under a key of another domain: neither code
can be worked out from the other. Its URI has the segment ``OPEN`` before the primary key, which other Digital Link
software takes for a part of the resolver's root. Read like any other code, it counts as a look at its unit.
"""

from schemas import code, normal
from schemas.code import COVERT_SEGMENT, Checked, Proof
from schemas.digital_link import DigitalLink
from schemas.keys import Keyring


def inner_uri(base: str, gtin: str, serial: str) -> str:
    """A covert code: ``base`` (scheme and host, raised to upper case), segment, path."""
    return f"{base.upper().rstrip('/')}/{COVERT_SEGMENT}/01/{gtin}/21/{serial}"


def check_inner(link: DigitalLink, keyring: Keyring) -> Checked:
    """What a covert code proves. The item id is that of the unit: the one that is printed outside.

    FOREIGN: nobody here issues codes for this GTIN, or it names no unit. FORGED: not sealed as a covert code.
    """
    issuer = keyring.issuer_of(link.value) if link.key == "01" else None
    if issuer is None or link.serial is None:
        return Checked(Proof.FOREIGN, link.item_id)
    found = code.covert_unit(link, normal.serial(link.serial), issuer)
    return Checked(Proof.FORGED, link.item_id, issuer.org_id) if found is None else found
