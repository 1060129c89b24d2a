"""Real services from wheels: PostgreSQL and an MQTT broker as child processes on 127.0.0.1.

`postgres.EmbeddedPostgres` and `broker.EmbeddedBroker` need nothing but the `embedded` extra;
`mosquitto.MosquittoBroker` has the broker's shape and needs the Debian package. Each has a state folder
for its data, generates the passwords it needs, and resumes from that folder at its next start.
"""
