"""The crimes that are simulated, each by one name, in both worlds."""

from enum import IntEnum


class Scenario(IntEnum):
    """What is really going on: honest, or a crime. In the population's events this is a column of 8-bit integers."""

    GENUINE = 0
    CLONE = 1
    """Genuine codes are copied and the copies sold far away."""
    EARLY = 2
    """Copies are sold before or after the genuine item is (population only)."""
    HOME = 3
    """Copies are sold where the genuine items are (population only)."""
    THEFT = 4
    """Labels are stolen before they are put on anything."""
    DIVERSION = 5
    """A dealer sells outside its territory (窜货)."""
    REPLAY = 6
    """Captured messages of readers are sent again (population only; in the demo a case of DEVICE)."""
    ENUMERATION = 7
    """Codes are guessed (population only)."""
    CLOCK = 8
    """A reader's clock is wrong (population only)."""
    REFILL = 9
    """Emptied packages are filled and sold again (population only)."""
    DUMPING = 10
    """Expired items are sold in one market (population only)."""
    INSIDER = 11
    """A dealer confirms receipts of what never came (population only)."""
    ADAPTIVE = 12
    """Copies by somebody who knows the rules of detection (population only)."""
    FORGERY = 13
    """Invented serials on a real GTIN (demo only)."""
    RECALL = 14
    """A recalled batch is scanned and sold all the same (demo only)."""
    SECOND_SALE = 15
    """A code that a till has sold is sold once more (demo only)."""
    EXPIRY = 16
    """Shops sell off expired items (demo only)."""
    DEVICE = 17
    """A reader replays a message, or uses a sequence number twice (demo only)."""
    QUIET_CLONE = 18
    """Copies so few and so far apart in time that no single item breaks a rule (demo only)."""
    FRAMING = 19
    """A dealer's reader lies about goods of a rival's, and about the rival's depot (demo only)."""

    CROWD = 20
    """Invented phones on three networks look at one genuine unit from all over the country (demo only)."""

    @property
    def label(self) -> str:
        """The name in plans, measurements and reports, such as ``second_sale``."""
        return self.name.lower()
