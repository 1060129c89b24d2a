"""Dealers' territories: the markets in which a dealer may sell an owner's goods, by contract."""
