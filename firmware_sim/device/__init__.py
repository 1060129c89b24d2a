"""Devices: a reader with journal and keys, its links over MQTT and HTTP, the phone, load and faults."""
