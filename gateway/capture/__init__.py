"""Capture by HTTP: phones and readers that have no MQTT, and the page that makes a phone a reader."""
