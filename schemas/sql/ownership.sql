-- Whose things in the schema are: run after every migration, as often as one likes. Whoever migrates makes them, and hands
-- them over here to a role that nobody can log in as and that is no superuser, so that a view or a function with its owner's
-- rights has no more than the schema's. The migrating role is a member of it, so that later migrations may change them.
DO $$
DECLARE
    each record;
    -- Citus asks other machines in the name of whose rights a function has, and there somebody has to log in.
    stays CONSTANT name[] := CASE WHEN EXISTS (SELECT FROM pg_extension WHERE extname = 'citus')
        THEN ARRAY['events_of', 'nth_event_at', 'statements_at', 'said_at', 'left_by', 'forget_handset', 'forget_in_events',
                   'expire_events', 'expire_consumers'] ELSE '{}' END;
BEGIN
    IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)
        AND NOT pg_has_role(current_user, 'suyuan_schema', 'SET') THEN
        EXECUTE format('GRANT suyuan_schema TO %I', current_user);
    END IF;
    FOR each IN
        SELECT p.oid::regprocedure AS signature FROM pg_proc AS p
        WHERE p.pronamespace = 'suyuan'::regnamespace AND p.proowner <> 'suyuan_schema'::regrole
          AND NOT (p.proname = ANY (stays))
    LOOP
        EXECUTE format('ALTER ROUTINE %s OWNER TO suyuan_schema', each.signature);
    END LOOP;
END
$$;

DO $$
DECLARE
    each record;
    spread CONSTANT boolean := EXISTS (SELECT FROM pg_extension WHERE extname = 'citus');
    aggregates name[] := '{}';
BEGIN
    IF to_regclass('timescaledb_information.continuous_aggregates') IS NOT NULL THEN
        EXECUTE 'SELECT array_agg(view_name) FROM timescaledb_information.continuous_aggregates' INTO aggregates;
    END IF;
    FOR each IN
        SELECT c.oid, c.relname AS name,
               CASE WHEN c.relkind = 'm' OR c.relname = ANY (aggregates) THEN 'MATERIALIZED VIEW'
                    WHEN c.relkind = 'v' THEN 'VIEW' ELSE 'TABLE' END AS kind
        FROM pg_class AS c
        WHERE c.relnamespace = 'suyuan'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm')
          AND c.relowner <> 'suyuan_schema'::regrole
        ORDER BY c.relkind <> 'p', c.relname
    LOOP
        IF spread AND each.name = 'event' THEN
            EXECUTE format('GRANT ALL ON suyuan.%I TO suyuan_schema', each.name);
        ELSE
            EXECUTE format('ALTER %s suyuan.%I OWNER TO suyuan_schema', each.kind, each.name);
        END IF;
    END LOOP;
END
$$;
