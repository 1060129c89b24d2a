-- Profile "timescale": a hypertable in chunks of a week. Same columns and keys as "plain".
CREATE TABLE suyuan.event (
    item_id      text COLLATE "C" NOT NULL,
    occurred_at  timestamptz NOT NULL,
    event_id     uuid NOT NULL,
    recorded_at  timestamptz NOT NULL,
    owner_org    text NOT NULL,
    reader_org   text NOT NULL,
    reader_id    text NOT NULL,
    biz_step     text NOT NULL,
    action       text NOT NULL,
    disposition  text,
    offset_minutes smallint NOT NULL,
    read_point   text,
    latitude     double precision,
    longitude    double precision,
    radius_m     real,
    source       text,
    audience     text NOT NULL,
    handset      text,
    clock_bound_s integer NOT NULL,
    proof        text NOT NULL,
    children     text[],
    PRIMARY KEY (item_id, occurred_at, event_id)
);

CREATE EXTENSION IF NOT EXISTS timescaledb;
SELECT create_hypertable('suyuan.event', by_range('occurred_at', interval '7 days'), create_default_indexes => false);

CREATE INDEX ON suyuan.event (owner_org, recorded_at);
CREATE INDEX ON suyuan.event (read_point, occurred_at);
CREATE INDEX ON suyuan.event (reader_org, reader_id, occurred_at);

-- One item has few events a chunk, one reader many: segments by reader compress. The delay is longer than any reader's
-- longest time offline, so that late events seldom meet compressed chunks (they are accepted all the same).
ALTER TABLE suyuan.event SET (
    timescaledb.enable_columnstore,
    timescaledb.segmentby = 'reader_org, reader_id',
    timescaledb.orderby = 'occurred_at, item_id, event_id'
);
CALL add_columnstore_policy('suyuan.event', after => interval '60 days');
