"""Taking messages in: inboxes (MQTT, JetStream, HTTP), fair queues, batches, the worker and its transaction."""
