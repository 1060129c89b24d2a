-- Through which network a unit was first scanned, as far as the networks of one lane are told apart: strangers' scans with
-- stated places accuse a dealer only when they come through several. 16 bits of a hash, so that it leads back to nobody.
-- Of what was scanned before nothing is known: together it counts as one network.
ALTER TABLE suyuan.first_scan ADD COLUMN voice integer;
