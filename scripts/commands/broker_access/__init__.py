"""Access to the broker for enrolled readers: NATS users, Mosquitto files, certificates."""
