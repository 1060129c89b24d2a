"""The contract: every shape that crosses a process boundary. Pure: no I/O, no clock, no randomness."""
