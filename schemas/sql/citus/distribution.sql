-- Profile "citus": the tables of "plain", spread over machines. Run after every migration; what is spread already is left
-- alone. Every unique key of a distributed table contains its distribution column: the tests read that off the catalogue.
--
-- An item's events, its state and what is found about it are on one node. Where items are inside each other is on every
-- node, because provenance looks that up recursively, which Citus does not do across nodes. So is all that is registered.
CREATE EXTENSION IF NOT EXISTS citus;

DO $$
DECLARE
    distributed CONSTANT text[] := ARRAY[
        'event:item_id', 'item_state:item_id', 'first_scan:item_id', 'finding:subject', 'incident:subject',
        'item_evidence:item_id'];
    copied CONSTANT text[] := ARRAY[
        'organisation', 'product', 'batch', 'commissioning', 'site', 'market', 'containment_mark', 'closure_reason'];
    entry text;
    target regclass;
BEGIN
    -- Who looks is set for a transaction, and has to be known on every node that answers a part of it.
    EXECUTE format('ALTER DATABASE %I SET citus.propagate_set_commands TO %L', current_database(), 'local');

    FOREACH entry IN ARRAY copied LOOP
        target := to_regclass('suyuan.' || entry);
        IF target IS NOT NULL AND NOT EXISTS (
            SELECT FROM pg_dist_partition WHERE logicalrelid = target AND partmethod = 'n' AND repmodel = 't') THEN
            PERFORM create_reference_table(target);
        END IF;
    END LOOP;

    FOREACH entry IN ARRAY distributed LOOP
        target := to_regclass('suyuan.' || split_part(entry, ':', 1));
        IF target IS NOT NULL AND NOT EXISTS (
            SELECT FROM pg_dist_partition WHERE logicalrelid = target AND partmethod = 'h') THEN
            PERFORM create_distributed_table(target, split_part(entry, ':', 2));
        END IF;
    END LOOP;
END
$$;
