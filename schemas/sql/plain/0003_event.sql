-- Profile "plain": native range partitions by event time. A default partition takes what no range covers.
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
) PARTITION BY RANGE (occurred_at);

CREATE TABLE suyuan.event_other PARTITION OF suyuan.event DEFAULT;

-- Years, not months: a unit's whole history is read by item id alone, which probes every partition.
DO $$
BEGIN
    FOR year IN 2020..2039 LOOP
        EXECUTE format('CREATE TABLE suyuan.%I PARTITION OF suyuan.event FOR VALUES FROM (%L) TO (%L)',
                       'event_' || year, make_timestamptz(year, 1, 1, 0, 0, 0, 'UTC'),
                       make_timestamptz(year + 1, 1, 1, 0, 0, 0, 'UTC'));
    END LOOP;
END
$$;

CREATE INDEX ON suyuan.event (owner_org, recorded_at);
CREATE INDEX ON suyuan.event (read_point, occurred_at);
CREATE INDEX ON suyuan.event (reader_org, reader_id, occurred_at);
