-- Scans of codes whose proof is false, by consumers: anybody can make up such codes, as many as he likes, so that none has
-- rows of its own. They are counted by product, network and hour; a few serials are kept as examples.

-- network: as in event, '' where it is not known, '+' for all beyond the day's limit. gtin '-': of no registered product.
CREATE TABLE suyuan.false_scan (
    owner_org text NOT NULL,
    gtin      text COLLATE "C" NOT NULL,
    network   text COLLATE "C" NOT NULL,
    hour      timestamptz NOT NULL,
    scans     bigint NOT NULL CHECK (scans > 0),
    PRIMARY KEY (owner_org, gtin, network, hour)
);
CREATE INDEX ON suyuan.false_scan (hour);

-- The same by day (UTC). networks: how many different ones. alerted: an alert of that day stands for the product.
CREATE TABLE suyuan.false_scan_day (
    owner_org text NOT NULL,
    day       date NOT NULL,
    gtin      text COLLATE "C" NOT NULL,
    scans     bigint NOT NULL CHECK (scans > 0),
    networks  integer NOT NULL DEFAULT 0,
    alerted   boolean NOT NULL DEFAULT false,
    PRIMARY KEY (owner_org, day, gtin)
);
CREATE INDEX ON suyuan.false_scan_day (day);

-- Examples. voices: [network, phone, day] of independent sightings, the first few; phone is a digest that names the phone
-- for this one code only. found_on: the day of the sighting by which it was known as a printed forgery.
CREATE TABLE suyuan.false_code (
    item_id    text COLLATE "C" PRIMARY KEY,
    owner_org  text NOT NULL,
    gtin       text COLLATE "C" NOT NULL,
    proof      text NOT NULL,
    sampled_on date NOT NULL,
    network    text COLLATE "C" NOT NULL,
    first_at   timestamptz NOT NULL,
    last_at    timestamptz NOT NULL,
    scans      bigint NOT NULL,
    voices     jsonb NOT NULL,
    found_on   date
);
CREATE INDEX ON suyuan.false_code (owner_org, gtin, sampled_on);
CREATE INDEX ON suyuan.false_code (owner_org, gtin, found_on) WHERE found_on IS NOT NULL;
CREATE INDEX ON suyuan.false_code (last_at);

GRANT SELECT, INSERT, UPDATE, DELETE ON suyuan.false_scan, suyuan.false_scan_day, suyuan.false_code TO suyuan_gateway;
GRANT SELECT ON suyuan.false_scan_day, suyuan.false_code TO suyuan_resolver;

DO $$
DECLARE
    tab text;
BEGIN
    FOREACH tab IN ARRAY ARRAY['false_scan', 'false_scan_day', 'false_code'] LOOP
        EXECUTE format('ALTER TABLE suyuan.%I ENABLE ROW LEVEL SECURITY', tab);
        EXECUTE format('CREATE POLICY tenant ON suyuan.%I USING (suyuan.sees(owner_org))', tab);
        EXECUTE format('CREATE POLICY gateway ON suyuan.%I TO suyuan_gateway USING (true)', tab);
    END LOOP;
END
$$;

-- Scans of one unit beyond what one network, or all together, may leave as events in a day: counted, by unit and day.
CREATE TABLE suyuan.repeated_scan (
    item_id   text COLLATE "C" NOT NULL,
    day       date NOT NULL,
    owner_org text NOT NULL,
    scans     bigint NOT NULL CHECK (scans > 0),
    PRIMARY KEY (item_id, day)
);
GRANT SELECT ON suyuan.repeated_scan TO suyuan_gateway;
GRANT SELECT, INSERT, UPDATE ON suyuan.repeated_scan TO suyuan_resolver;
ALTER TABLE suyuan.repeated_scan ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON suyuan.repeated_scan USING (suyuan.sees(owner_org));
CREATE POLICY gateway ON suyuan.repeated_scan TO suyuan_gateway USING (true);

-- When the nth event of an item after a time happened, of those recorded by `as_of`: what bounds the reading of a unit
-- that was scanned a million times. Whoever asks sees the item's own row, and so all its events. With its owner's rights,
-- because all events would be sorted on the far side of a view's barrier before the nth is known.
CREATE FUNCTION suyuan.nth_event_at(item text, after timestamptz, as_of timestamptz, nth bigint) RETURNS timestamptz
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = suyuan, pg_temp
    RETURN (SELECT event.occurred_at FROM suyuan.event
            WHERE event.item_id = item AND event.occurred_at > after AND event.recorded_at <= as_of
            ORDER BY event.occurred_at, event.event_id OFFSET nth - 1 LIMIT 1);
REVOKE ALL ON FUNCTION suyuan.nth_event_at(text, timestamptz, timestamptz, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION suyuan.nth_event_at(text, timestamptz, timestamptz, bigint) TO suyuan_resolver;

-- Reports of guessing are as cheap to cause as false codes: old ones go.
GRANT DELETE ON suyuan.enumeration TO suyuan_resolver;
CREATE INDEX ON suyuan.enumeration (ended_at);
