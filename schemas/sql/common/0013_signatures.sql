-- Which key signed a batch: what a provenance chain says of each step. NULL in batches from before this was kept.
ALTER TABLE suyuan.event_batch ADD COLUMN kid bytea;

-- A step names its reader and when it was recorded; its batch is found by both.
CREATE INDEX ON suyuan.event_batch (org_id, reader_id, recorded_at);

GRANT SELECT (org_id, reader_id, sequence, digest, recorded_at, stored, rejected, kid) ON suyuan.event_batch
    TO suyuan_resolver;
