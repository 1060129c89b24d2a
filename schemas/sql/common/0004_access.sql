-- Who may do what. Two roles: the gateway writes observations, the resolver reads and issues. Neither owns a table, so
-- row-level security binds both. scripts/migrate gives them their passwords.

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'suyuan_gateway') THEN
        CREATE ROLE suyuan_gateway NOLOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'suyuan_resolver') THEN
        CREATE ROLE suyuan_resolver NOLOGIN;
    END IF;
END
$$;

GRANT USAGE ON SCHEMA suyuan TO suyuan_gateway, suyuan_resolver;

-- Columnstore hypertables refuse row-level security, so that events are read through a view that does the same in every
-- profile. The barrier keeps a query's own functions from seeing a row before the view has let it pass.
CREATE VIEW suyuan.visible_event WITH (security_barrier = true) AS
SELECT * FROM suyuan.event WHERE suyuan.sees(owner_org) OR suyuan.sees(reader_org);

GRANT SELECT ON ALL TABLES IN SCHEMA suyuan TO suyuan_gateway;
GRANT SELECT, INSERT ON suyuan.event, suyuan.event_batch, suyuan.containment_mark, suyuan.item_state, suyuan.first_scan,
    suyuan.finding, suyuan.incident, suyuan.dead_message, suyuan.dead_letter TO suyuan_gateway;
GRANT UPDATE ON suyuan.item_state, suyuan.first_scan, suyuan.finding, suyuan.incident, suyuan.dead_message
    TO suyuan_gateway;
GRANT DELETE ON suyuan.outbox TO suyuan_gateway;
GRANT UPDATE ON suyuan.outbox TO suyuan_gateway;

GRANT SELECT ON suyuan.visible_event, suyuan.containment_mark, suyuan.item_state, suyuan.first_scan,
    suyuan.finding, suyuan.incident, suyuan.organisation, suyuan.company_prefix, suyuan.seal_key, suyuan.signing_key,
    suyuan.key_epoch, suyuan.api_token, suyuan.site, suyuan.market, suyuan.product, suyuan.batch, suyuan.commissioning, suyuan.reader,
    suyuan.reader_key, suyuan.consumer_report TO suyuan_resolver;
GRANT INSERT ON suyuan.product, suyuan.batch, suyuan.commissioning, suyuan.consumer_report, suyuan.outbox,
    suyuan.oversight_log, suyuan.organisation, suyuan.company_prefix, suyuan.seal_key, suyuan.signing_key,
    suyuan.api_token, suyuan.site, suyuan.market, suyuan.reader, suyuan.reader_key TO suyuan_resolver;
GRANT UPDATE ON suyuan.product, suyuan.batch, suyuan.seal_key, suyuan.signing_key, suyuan.api_token, suyuan.site,
    suyuan.reader, suyuan.reader_key, suyuan.incident TO suyuan_resolver;

-- Tenants' rows. Organisations, prefixes, public keys, sites and markets are the platform's common ground and are not
-- hidden; tokens are looked up by their hash alone, before it is known whose they are.
DO $$
DECLARE
    tenant record;
BEGIN
    FOR tenant IN
        SELECT * FROM (VALUES
            ('product', 'org_id'), ('batch', 'org_id'), ('commissioning', 'org_id'), ('reader', 'org_id'),
            ('reader_key', 'org_id'), ('event_batch', 'org_id'), ('item_state', 'owner_org'),
            ('first_scan', 'owner_org'), ('finding', 'owner_org'), ('incident', 'owner_org'),
            ('consumer_report', 'owner_org')
        ) AS t (tab, col)
    LOOP
        EXECUTE format('ALTER TABLE suyuan.%I ENABLE ROW LEVEL SECURITY', tenant.tab);
        EXECUTE format('CREATE POLICY tenant ON suyuan.%I USING (suyuan.sees(%I))', tenant.tab, tenant.col);
    END LOOP;
END
$$;

-- A regulator's look is logged by the resolver and read by nobody but the owner.
ALTER TABLE suyuan.oversight_log ENABLE ROW LEVEL SECURITY;
CREATE POLICY append ON suyuan.oversight_log FOR INSERT WITH CHECK (true);
