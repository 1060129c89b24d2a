"""Carriers beyond the printed code: covert codes under a label or cap, and NFC tags (SUN messages)."""
