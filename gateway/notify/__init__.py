"""Notify: delivers notices of cases to their subscribers, by webhook, e-mail and MQTT (ADR 10)."""
