"""The devices and the crimes: readers with journals, a seeded supply-chain world, attackers, faults."""
