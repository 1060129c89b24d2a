"""Who wants to be told of what, by webhook, e-mail or MQTT, and what was delivered."""
