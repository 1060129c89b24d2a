-- What an item was ever in, directly, is kept beside its state: who locks the item knows whether it knows all its
-- containers, and a packing, which locks what it packs, can't be missed by a worker that judges a packed unit meanwhile.
ALTER TABLE suyuan.item_state ADD COLUMN parents text[] NOT NULL DEFAULT '{}';
COMMENT ON COLUMN suyuan.item_state.parents IS 'containers by the marks in containment_mark, whatever their time';

UPDATE suyuan.item_state AS s SET parents = packed.parents
FROM (SELECT item_id, array_agg(DISTINCT parent_id) AS parents FROM suyuan.containment_mark GROUP BY item_id) AS packed
WHERE packed.item_id = s.item_id;

-- How many first scans a dealer's goods have in each market: kept, not counted, because it is asked for with every scan.
CREATE TABLE suyuan.lane (
    owner_org     text NOT NULL,
    dealer_id     text NOT NULL,
    market_id     text NOT NULL,
    scans         bigint NOT NULL CHECK (scans >= 0),
    off_territory bigint NOT NULL CHECK (off_territory BETWEEN 0 AND scans),
    since         timestamptz,
    PRIMARY KEY (owner_org, dealer_id, market_id)
);
COMMENT ON COLUMN suyuan.lane.since IS 'the first of the first scans outside the territory';
INSERT INTO suyuan.lane (owner_org, dealer_id, market_id, scans, off_territory, since)
SELECT owner_org, dealer_id, market_id, count(*), count(*) FILTER (WHERE off_territory),
       min(occurred_at) FILTER (WHERE off_territory)
FROM suyuan.first_scan GROUP BY owner_org, dealer_id, market_id;
GRANT SELECT, INSERT, UPDATE ON suyuan.lane TO suyuan_gateway;
ALTER TABLE suyuan.lane ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON suyuan.lane USING (suyuan.sees(owner_org));

-- The gateway sees the goods of all organisations (suyuan.sees says so of its role, row by row). A policy of its own says
-- it once a query: reading and writing rows without a condition costs the server half.
DO $$
DECLARE
    tenant record;
BEGIN
    FOR tenant IN
        SELECT p.tablename FROM pg_policies AS p
        WHERE p.schemaname = 'suyuan' AND p.policyname = 'tenant'
          AND has_table_privilege('suyuan_gateway', format('suyuan.%I', p.tablename), 'SELECT')
    LOOP
        EXECUTE format('CREATE POLICY gateway ON suyuan.%I TO suyuan_gateway USING (true)', tenant.tablename);
    END LOOP;
END
$$;
