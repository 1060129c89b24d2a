"""Subscriptions: who is notified of changes to cases, by webhook, e-mail, MQTT or a live stream."""
