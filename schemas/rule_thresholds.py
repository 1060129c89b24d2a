"""Thresholds of the rules, where the gateway applies them and where their findings are explained. Pure."""

MIN_TRAVEL_KM = 50.0
"""Two places nearer to each other than this are one place to the travel rule."""

NEAR_DEGREES = 0.3
"""Two places nearer than this in latitude and in longitude are less than 50 km apart, wherever they are."""

BORDER_KM = 30.0
"""Nearer than this to a territory's border, a sale is a neighbour's errand."""

MIN_LANE_SCANS = 8
"""First scans of a dealer's goods in one foreign market from which on the lane may be accused."""

MIN_LANE_RATIO = 3.0
"""How many times as many these must be as travel explains."""

STRANGERS_NETWORKS, STRANGERS_DAYS = 4, 2
"""Scans by strangers' phones accuse nobody before they came through so many networks, on so many days apart."""

SCANS_OF_A_NETWORK = 3
"""So many of a network's scans count: handsets cost nothing, addresses of another network do."""

LATE_RETURN_DAYS = 10
"""Shops take goods back for about so long without asking."""

SAME_DELIVERY_HOURS = 24
"""Goods that are received again within this time are counted again, not delivered again."""

CLAIMS_TO_ALERT = 50
"""Events of one organisation that are claims about one owner's goods, and arrive on one day, from which on they are a
finding about it."""
