"""Simulated devices: a reader with journal and keys, its links over MQTT and HTTP, a phone, load and faults."""
