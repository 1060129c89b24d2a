"""Real services from wheels: PostgreSQL and an MQTT broker as child processes on 127.0.0.1.

`postgres.EmbeddedPostgres` and `broker.EmbeddedBroker` need nothing but the `embedded` extra;
`mosquitto.MosquittoBroker` has the broker's shape and needs the Debian package. All of them keep
what they own in a state folder, generate the passwords they need, and start again where they ended.
"""
