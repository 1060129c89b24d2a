"""The answer about one item: its facts and history read, its provenance chain built, its verdict reached."""
