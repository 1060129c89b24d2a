"""Telling people: notices of cases on their way out, by webhook, e-mail and MQTT."""
