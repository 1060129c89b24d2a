"""The demo world: a catalogue, geography, journeys, consumers and attacks, event by event."""
