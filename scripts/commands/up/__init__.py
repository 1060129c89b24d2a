"""The demo world, played through the public doors only: HTTP and MQTT."""
