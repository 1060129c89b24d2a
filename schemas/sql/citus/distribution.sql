-- Profile "citus": the tables of "plain", with the events spread over machines by their item. Run after every migration;
-- what is spread already is left alone.
--
-- Everything else stays on the coordinator, and grows with the items, not with what happens to them: judging locks the rows
-- of many items in one statement and in one order, which Citus does on one node only.
CREATE EXTENSION IF NOT EXISTS citus;

-- All that follows is one transaction, which then needs one connection to each node.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';

-- Planned apart from whatever is around it, which may be recursive: that can't be spread, and one item's events are on one
-- node. Who may see them is settled here, where it is known who asks.
CREATE OR REPLACE FUNCTION suyuan.events_of(item text, since timestamptz, until timestamptz)
    RETURNS SETOF suyuan.visible_event
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = suyuan, pg_temp
AS $$
DECLARE
    each visible_event;
BEGIN
    FOR each IN EXECUTE format('SELECT item_id, occurred_at, event_id, recorded_at, owner_org, reader_org, reader_id, biz_step,'
                               ' action, disposition, offset_minutes, read_point, latitude, longitude, radius_m, source,'
                               ' audience, handset, clock_bound_s, proof, children, destination'
                               ' FROM suyuan.event WHERE item_id = %L AND occurred_at >= %L AND occurred_at <= %L',
                               item, since, until) LOOP
        IF sees(each.owner_org) OR sees(each.reader_org) THEN
            -- As the view does it (0030_coarse_places.sql).
            IF each.audience = 'consumer' AND each.latitude IS NOT NULL AND coalesce(each.radius_m, 0) < 10000
               AND NOT sees_places() THEN
                each.latitude := coarse(each.latitude);
                each.longitude := coarse(each.longitude);
                each.radius_m := 10000;
                each.source := 'coarse';
            END IF;
            RETURN NEXT each;
        END IF;
    END LOOP;
END
$$;

-- As in every profile, but the node that has the item is asked alone.
CREATE OR REPLACE FUNCTION suyuan.nth_event_at(item text, after timestamptz, as_of timestamptz, nth bigint)
    RETURNS timestamptz
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = suyuan, pg_temp
AS $$
DECLARE
    at timestamptz;
BEGIN
    EXECUTE format('SELECT occurred_at FROM suyuan.event WHERE item_id = %L AND occurred_at > %L AND recorded_at <= %L'
                   ' ORDER BY occurred_at, event_id OFFSET %s LIMIT 1', item, after, as_of, nth - 1) INTO at;
    RETURN at;
END
$$;

DO $$
DECLARE
    distributed CONSTANT text[] := ARRAY['event:item_id'];
    entry text;
    target regclass;
BEGIN
    -- Who looks is set for a transaction, and has to be known on every node that answers a part of it.
    EXECUTE format('ALTER DATABASE %I SET citus.propagate_set_commands TO %L', current_database(), 'local');

    FOREACH entry IN ARRAY distributed LOOP
        target := to_regclass('suyuan.' || split_part(entry, ':', 1));
        IF target IS NOT NULL AND NOT EXISTS (
            SELECT FROM pg_dist_partition WHERE logicalrelid = target AND partmethod = 'h') THEN
            PERFORM create_distributed_table(target, split_part(entry, ':', 2));
        END IF;
    END LOOP;

    -- It runs with its owner's rights: not for everybody.
    REVOKE ALL ON FUNCTION suyuan.events_of(text, timestamptz, timestamptz) FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION suyuan.events_of(text, timestamptz, timestamptz) TO suyuan_resolver, suyuan_public;

    -- A view's rights are its owner's, but Citus asks the nodes in the caller's name: so the caller may read the table, and
    -- sees of it what the view shows.
    GRANT SELECT ON suyuan.event TO suyuan_resolver, suyuan_public;
    ALTER TABLE suyuan.event ENABLE ROW LEVEL SECURITY;
    DROP POLICY IF EXISTS visible ON suyuan.event;
    DROP POLICY IF EXISTS gateway ON suyuan.event;
    DROP POLICY IF EXISTS schema_all ON suyuan.event;
    CREATE POLICY schema_all ON suyuan.event TO suyuan_schema USING (true) WITH CHECK (true);
    CREATE POLICY visible ON suyuan.event FOR SELECT TO suyuan_resolver, suyuan_public
        USING (suyuan.sees(owner_org) OR suyuan.sees(reader_org));
    CREATE POLICY gateway ON suyuan.event TO suyuan_gateway USING (true) WITH CHECK (true);
END
$$;
