"""What a person who scans sees: the code's own page, its story, timeline and map, and the verify page."""
