"""The gateway's SQL: every write to the store, and the reads that judging needs. Only here is psycopg known."""
