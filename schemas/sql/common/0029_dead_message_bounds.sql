-- Of a refused message the beginning is kept, with the digest of all of it. A reader's dead messages have a quota a day, and
-- all go after a time: what an account sends in vain can't fill the disk.
-- whole_size: how large it was, where only the beginning is kept; such a message can't be replayed.
ALTER TABLE suyuan.dead_message
    ADD COLUMN whole_size integer,
    ADD COLUMN kept_size integer GENERATED ALWAYS AS (length(message)) STORED;
CREATE INDEX ON suyuan.dead_message (topic, received_at) INCLUDE (kept_size);
CREATE INDEX dead_message_by_age ON suyuan.dead_message (received_at);
GRANT DELETE ON suyuan.dead_message TO suyuan_gateway;
