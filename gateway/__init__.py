"""The write side: MQTT in, events stored and judged in one transaction, receipts out. Receipted means committed."""
