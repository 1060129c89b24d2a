"""The demo: everything started, a world played over HTTP and MQTT only, and its acceptance check."""
