"""The demo's simulated world, event by event, and the parameters and names that it shares with the population."""
