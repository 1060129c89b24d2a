-- A role for each process, and for each what it may do, verb by verb (ADR 21, docs/access.md).
--
-- suyuan_schema owns tables, views and functions; nobody can log in as it, and it is no superuser. suyuan_public answers
-- whoever asks without a token; suyuan_resolver serves the API; suyuan_gateway stores, judges and assesses; suyuan_notifier
-- tells subscribers. A login of its own for the public, because a role that a session sets it can set back.

DO $$
DECLARE
    needed text;
BEGIN
    FOREACH needed IN ARRAY ARRAY['suyuan_schema', 'suyuan_public', 'suyuan_notifier'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = needed) THEN
            EXECUTE format('CREATE ROLE %I NOLOGIN', needed);
        END IF;
    END LOOP;
END
$$;

-- Whose rows: those of the organisation that the transaction is for. No organisation is set: nobody's, also where the
-- owner is '' (goods of others).
CREATE FUNCTION suyuan.owns(org text) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN org = nullif(current_setting('suyuan.org', true), '');

-- A regulator's mandate: reads across organisations, each look on record. What it may change is said table by table.
CREATE FUNCTION suyuan.oversees(org text) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN org IS NOT NULL AND coalesce(current_setting('suyuan.mandate', true), '') = 'oversight';

-- The operator's mandate: registers organisations, sites, markets, keys and tokens; shows no goods.
CREATE FUNCTION suyuan.administers() RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN coalesce(current_setting('suyuan.mandate', true), '') = 'operator';

-- What a query may show. By the login, not by the current role: a view's and a function's rights are their owner's.
CREATE OR REPLACE FUNCTION suyuan.sees(org text) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN org = nullif(current_setting('suyuan.org', true), '')
        OR coalesce(current_setting('suyuan.mandate', true), '') = 'oversight'
        OR session_user IN ('suyuan_public', 'suyuan_gateway');

GRANT USAGE ON SCHEMA suyuan TO suyuan_public, suyuan_notifier;
GRANT USAGE, CREATE ON SCHEMA suyuan TO suyuan_schema;

-- The public: reads what a code's page tells, and leaves scans, counts, reports, openings and taps.
GRANT SELECT ON suyuan.batch, suyuan.commissioning, suyuan.product, suyuan.item_state, suyuan.first_scan, suyuan.finding,
    suyuan.visible_event, suyuan.containment_mark, suyuan.repeated_scan, suyuan.link, suyuan.delegation,
    suyuan.identifier_space, suyuan.organisation, suyuan.site, suyuan.market TO suyuan_public;
GRANT SELECT (case_id, subject, kind, state, reason, created_at) ON suyuan.incident TO suyuan_public;
GRANT SELECT (case_id, subject, kind, joined_at, left_at) ON suyuan.incident_member TO suyuan_public;
GRANT SELECT (entry_id, case_id, org_id, at, to_state) ON suyuan.case_entry TO suyuan_public;
GRANT SELECT (item_id, occurred_at, event_id) ON suyuan.claim TO suyuan_public;
GRANT SELECT (org_id, reader_id, sequence, digest, recorded_at, stored, rejected, kid) ON suyuan.event_batch
    TO suyuan_public;
GRANT SELECT (report_id, owner_org, created_at), INSERT ON suyuan.consumer_report TO suyuan_public;
GRANT SELECT (report_id, sha256), INSERT ON suyuan.report_photo TO suyuan_public;
GRANT INSERT ON suyuan.outbox TO suyuan_public;
GRANT SELECT, INSERT,
    UPDATE (later, last_at, matched, contradicted, latitude, longitude, radius_m, source) ON suyuan.opening
    TO suyuan_public;
GRANT SELECT ON suyuan.tag TO suyuan_public;
GRANT SELECT, INSERT ON suyuan.tag_read TO suyuan_public;
GRANT SELECT, INSERT, UPDATE (scans, firsts) ON suyuan.scan_count TO suyuan_public;
GRANT SELECT, INSERT, UPDATE (scans) ON suyuan.repeated_scan TO suyuan_public;
GRANT SELECT, INSERT, UPDATE (began_at, ended_at, guesses), DELETE ON suyuan.enumeration TO suyuan_public;
GRANT SELECT, INSERT, UPDATE (reports, networks), DELETE ON suyuan.false_report_day TO suyuan_public;
GRANT SELECT, INSERT, UPDATE (reports), DELETE ON suyuan.false_report_network TO suyuan_public;
GRANT SELECT (report_id, owner_org, day, gtin, network), INSERT, DELETE ON suyuan.false_report TO suyuan_public;
GRANT EXECUTE ON FUNCTION suyuan.nth_event_at(text, timestamptz, timestamptz, bigint) TO suyuan_public;
GRANT EXECUTE ON FUNCTION suyuan.redeem_enrolment TO suyuan_public;
REVOKE EXECUTE ON FUNCTION suyuan.redeem_enrolment FROM suyuan_resolver;
REVOKE INSERT, UPDATE, DELETE ON suyuan.outbox, suyuan.consumer_report, suyuan.report_photo, suyuan.opening,
    suyuan.tag_read, suyuan.scan_count, suyuan.repeated_scan, suyuan.enumeration, suyuan.false_report_day,
    suyuan.false_report_network, suyuan.false_report FROM suyuan_resolver;

-- The notifier: notices, what explains them, and how far each subscription has got.
GRANT SELECT ON suyuan.notice, suyuan.subscription TO suyuan_notifier;
GRANT SELECT (org_id, kind) ON suyuan.organisation TO suyuan_notifier;
GRANT SELECT (item_id, market_id) ON suyuan.first_scan TO suyuan_notifier;
GRANT SELECT (subject, kind, rule, level, confidence, occurred_at, evidence, withdrawn_at) ON suyuan.finding
    TO suyuan_notifier;
GRANT UPDATE (cursor, delivered_at, failures, next_try_at, last_error, paused_at) ON suyuan.subscription
    TO suyuan_notifier;
GRANT INSERT ON suyuan.oversight_log TO suyuan_notifier;
GRANT EXECUTE ON FUNCTION suyuan.number_notices, suyuan.escalate_overdue TO suyuan_notifier;
REVOKE EXECUTE ON FUNCTION suyuan.last_notice, suyuan.number_notices, suyuan.escalate_overdue FROM suyuan_gateway;
REVOKE ALL ON suyuan.notice, suyuan.subscription, suyuan.oversight_log FROM suyuan_gateway;

-- The gateway reads no tokens, and nothing that it makes no use of.
REVOKE ALL ON suyuan.api_token, suyuan.issue, suyuan.tag, suyuan.tag_read, suyuan.enumeration FROM suyuan_gateway;

-- Keep a table's rows apart: one policy for each role and verb that was granted on it. Only the API acts for one
-- organisation at a time; what the other processes may touch at all, they may touch for all. FORCE binds the owner too, so
-- that what its views and functions see is said by a policy. For migrations: call it after the grants.
CREATE FUNCTION suyuan.keep_apart(tab regclass, whose name) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    party record;
    verb text;
    rows_of_it text;
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', tab);
    EXECUTE format('CREATE POLICY schema_all ON %s TO suyuan_schema USING (true) WITH CHECK (true)', tab);
    FOR party IN
        SELECT * FROM (VALUES ('suyuan_resolver', 'api'), ('suyuan_gateway', 'gateway'), ('suyuan_public', 'public'),
                              ('suyuan_notifier', 'notifier')) AS p (role, label)
    LOOP
        FOREACH verb IN ARRAY ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE'] LOOP
            CONTINUE WHEN NOT (has_table_privilege(party.role, tab, verb)
                               OR verb <> 'DELETE' AND has_any_column_privilege(party.role, tab, verb));
            rows_of_it := CASE WHEN party.role <> 'suyuan_resolver' THEN 'true'
                               WHEN verb = 'SELECT' THEN format('suyuan.sees(%I)', whose)
                               ELSE format('suyuan.owns(%I)', whose) END;
            EXECUTE format('CREATE POLICY %I ON %s FOR %s TO %I %s (%s)', party.label || '_' || lower(verb), tab, verb,
                           party.role, CASE verb WHEN 'INSERT' THEN 'WITH CHECK' ELSE 'USING' END, rows_of_it);
        END LOOP;
    END LOOP;
END
$$;
REVOKE ALL ON FUNCTION suyuan.keep_apart(regclass, name) FROM PUBLIC;

-- The policies so far said for all verbs at once what a mandate may see.
DO $$
DECLARE
    each record;
BEGIN
    FOR each IN SELECT tablename, policyname FROM pg_policies WHERE schemaname = 'suyuan' AND tablename <> 'event' LOOP
        EXECUTE format('DROP POLICY %I ON suyuan.%I', each.policyname, each.tablename);
    END LOOP;
    FOR each IN
        SELECT * FROM (VALUES
            ('product', 'org_id'), ('batch', 'org_id'), ('commissioning', 'org_id'), ('issue', 'org_id'),
            ('reader', 'org_id'), ('reader_key', 'org_id'), ('reader_health', 'org_id'), ('reader_settings', 'org_id'),
            ('enrolment', 'org_id'), ('event_batch', 'org_id'), ('item_state', 'owner_org'), ('first_scan', 'owner_org'),
            ('lane', 'owner_org'), ('finding', 'owner_org'), ('incident', 'owner_org'), ('incident_member', 'owner_org'),
            ('case_entry', 'owner_org'), ('case_file', 'owner_org'), ('appeal', 'owner_org'), ('notice', 'owner_org'),
            ('subscription', 'org_id'), ('rule_closure', 'owner_org'), ('rule_status', 'owner_org'),
            ('consumer_report', 'owner_org'), ('report_photo', 'owner_org'), ('opening', 'owner_org'), ('tag', 'org_id'),
            ('tag_read', 'org_id'), ('link', 'org_id'), ('scan_count', 'org_id'), ('enumeration', 'org_id'),
            ('item_evidence', 'owner_org'), ('assessment_report', 'owner_org'), ('false_scan', 'owner_org'),
            ('false_scan_day', 'owner_org'), ('false_code', 'owner_org'), ('repeated_scan', 'owner_org'),
            ('false_report_day', 'owner_org'), ('false_report_network', 'owner_org'), ('false_report', 'owner_org'),
            ('claim', 'owner_org'), ('claim_day', 'owner_org'), ('mandate', 'owner_org'), ('dealer_territory', 'owner_org')
        ) AS t (tab, whose)
    LOOP
        PERFORM suyuan.keep_apart(format('suyuan.%I', each.tab)::regclass, each.whose::name);
    END LOOP;
END
$$;

-- What the operator alone registers is everybody's to read. A maker makes and revokes its own keys besides.
DO $$
DECLARE
    each record;
    role name;
    verb text;
BEGIN
    FOR each IN
        SELECT * FROM (VALUES
            ('organisation', 'false'), ('company_prefix', 'false'), ('site', 'false'), ('market', 'false'),
            ('delegation', 'false'), ('identifier_space', 'false'), ('calendar_day', 'false'),
            ('seal_key', 'suyuan.owns(org_id)'), ('signing_key', 'suyuan.owns(org_id)')
        ) AS t (tab, own)
    LOOP
        EXECUTE format('ALTER TABLE suyuan.%I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', each.tab);
        EXECUTE format('CREATE POLICY schema_all ON suyuan.%I TO suyuan_schema USING (true) WITH CHECK (true)', each.tab);
        EXECUTE format('CREATE POLICY everybody_select ON suyuan.%I FOR SELECT USING (true)', each.tab);
        FOREACH verb IN ARRAY ARRAY['INSERT', 'UPDATE', 'DELETE'] LOOP
            IF has_table_privilege('suyuan_resolver', format('suyuan.%I', each.tab), verb) THEN
                EXECUTE format('CREATE POLICY %I ON suyuan.%I FOR %s TO suyuan_resolver %s (suyuan.administers() OR %s)',
                               'api_' || lower(verb), each.tab, verb,
                               CASE verb WHEN 'INSERT' THEN 'WITH CHECK' ELSE 'USING' END, each.own);
            END IF;
        END LOOP;
    END LOOP;
END
$$;

-- Where an organisation is told, and by which secret, concerns nobody else.
DROP POLICY api_select ON suyuan.subscription;
CREATE POLICY api_select ON suyuan.subscription FOR SELECT TO suyuan_resolver USING (suyuan.owns(org_id));

-- Regulators: recalls, and what they do about cases.
CREATE POLICY oversight_update ON suyuan.batch FOR UPDATE TO suyuan_resolver USING (suyuan.oversees(org_id));
CREATE POLICY oversight_update ON suyuan.incident FOR UPDATE TO suyuan_resolver USING (suyuan.oversees(owner_org));
CREATE POLICY oversight_update ON suyuan.appeal FOR UPDATE TO suyuan_resolver USING (suyuan.oversees(owner_org));
CREATE POLICY oversight_insert ON suyuan.case_entry FOR INSERT TO suyuan_resolver WITH CHECK (suyuan.oversees(owner_org));
CREATE POLICY oversight_insert ON suyuan.case_file FOR INSERT TO suyuan_resolver WITH CHECK (suyuan.oversees(owner_org));
CREATE POLICY oversight_insert ON suyuan.rule_closure FOR INSERT TO suyuan_resolver
    WITH CHECK (suyuan.oversees(owner_org));
CREATE POLICY oversight_update ON suyuan.rule_closure FOR UPDATE TO suyuan_resolver USING (suyuan.oversees(owner_org));
CREATE POLICY oversight_delete ON suyuan.rule_closure FOR DELETE TO suyuan_resolver USING (suyuan.oversees(owner_org));
CREATE POLICY oversight_insert ON suyuan.rule_status FOR INSERT TO suyuan_resolver
    WITH CHECK (suyuan.oversees(owner_org));
CREATE POLICY oversight_update ON suyuan.rule_status FOR UPDATE TO suyuan_resolver USING (suyuan.oversees(owner_org));

-- The operator looks after everybody's readers, and sees every rule's standing and may make a rule speak again.
CREATE POLICY fleet_select ON suyuan.reader FOR SELECT TO suyuan_resolver
    USING (current_setting('suyuan.mandate', true) = 'fleet');
CREATE POLICY fleet_select ON suyuan.reader_key FOR SELECT TO suyuan_resolver
    USING (current_setting('suyuan.mandate', true) = 'fleet');
CREATE POLICY fleet_select ON suyuan.reader_health FOR SELECT TO suyuan_resolver
    USING (current_setting('suyuan.mandate', true) = 'fleet');
CREATE POLICY fleet_select ON suyuan.reader_settings FOR SELECT TO suyuan_resolver
    USING (current_setting('suyuan.mandate', true) = 'fleet');
CREATE POLICY rules_select ON suyuan.rule_closure FOR SELECT TO suyuan_resolver
    USING (current_setting('suyuan.mandate', true) = 'rules');
CREATE POLICY rules_select ON suyuan.rule_status FOR SELECT TO suyuan_resolver
    USING (current_setting('suyuan.mandate', true) = 'rules');
CREATE POLICY rules_insert ON suyuan.rule_status FOR INSERT TO suyuan_resolver
    WITH CHECK (current_setting('suyuan.mandate', true) = 'rules');
CREATE POLICY rules_update ON suyuan.rule_status FOR UPDATE TO suyuan_resolver
    USING (current_setting('suyuan.mandate', true) = 'rules');

-- The accused reads what was shared and what it wrote itself, and writes only in its own name, in its own cases.
CREATE POLICY accused_select ON suyuan.case_entry FOR SELECT TO suyuan_resolver
    USING (suyuan.owns(accused_org) AND (shared OR org_id = accused_org));
CREATE POLICY accused_insert ON suyuan.case_entry FOR INSERT TO suyuan_resolver WITH CHECK (
    suyuan.owns(org_id) AND accused_org = org_id
    AND EXISTS (SELECT FROM suyuan.accused_case AS c WHERE c.case_id = case_entry.case_id));
CREATE POLICY accused_select ON suyuan.case_file FOR SELECT TO suyuan_resolver
    USING (suyuan.owns(accused_org) AND (shared OR org_id = accused_org));
CREATE POLICY accused_insert ON suyuan.case_file FOR INSERT TO suyuan_resolver WITH CHECK (
    suyuan.owns(org_id) AND accused_org = org_id
    AND EXISTS (SELECT FROM suyuan.accused_case AS c WHERE c.case_id = case_file.case_id));
CREATE POLICY accused_select ON suyuan.appeal FOR SELECT TO suyuan_resolver USING (suyuan.owns(org_id));
CREATE POLICY accused_insert ON suyuan.appeal FOR INSERT TO suyuan_resolver WITH CHECK (
    suyuan.owns(org_id) AND state = 'open'
    AND EXISTS (SELECT FROM suyuan.accused_case AS c WHERE c.case_id = appeal.case_id));
CREATE POLICY accused_update ON suyuan.appeal FOR UPDATE TO suyuan_resolver
    USING (suyuan.owns(org_id)) WITH CHECK (state = 'withdrawn');
CREATE POLICY accused_select ON suyuan.notice FOR SELECT TO suyuan_resolver USING (suyuan.owns(accused_org));

-- A claim is shown to whose goods it is about, and to who made it; a mandate and a grant to both parties; a territory to the
-- dealer that it binds.
CREATE POLICY claimant_select ON suyuan.claim FOR SELECT TO suyuan_resolver USING (suyuan.sees(reader_org));
CREATE POLICY party_select ON suyuan.mandate FOR SELECT TO suyuan_resolver USING (suyuan.sees(org_id));
CREATE POLICY dealer_select ON suyuan.dealer_territory FOR SELECT TO suyuan_resolver
    USING (EXISTS (SELECT FROM suyuan.site AS s WHERE s.site_id = dealer_id AND suyuan.sees(s.org_id)));
ALTER TABLE suyuan.read_point_grant FORCE ROW LEVEL SECURITY;
CREATE POLICY schema_all ON suyuan.read_point_grant TO suyuan_schema USING (true) WITH CHECK (true);
CREATE POLICY gateway_select ON suyuan.read_point_grant FOR SELECT TO suyuan_gateway USING (true);
CREATE POLICY party_select ON suyuan.read_point_grant FOR SELECT TO suyuan_resolver USING (suyuan.sees(org_id));
CREATE POLICY api_select ON suyuan.read_point_grant FOR SELECT TO suyuan_resolver
    USING (EXISTS (SELECT FROM suyuan.site AS s WHERE s.site_id = read_point_grant.site_id AND suyuan.sees(s.org_id)));
CREATE POLICY api_insert ON suyuan.read_point_grant FOR INSERT TO suyuan_resolver
    WITH CHECK (EXISTS (SELECT FROM suyuan.site AS s WHERE s.site_id = read_point_grant.site_id AND suyuan.owns(s.org_id)));
CREATE POLICY api_delete ON suyuan.read_point_grant FOR DELETE TO suyuan_resolver
    USING (EXISTS (SELECT FROM suyuan.site AS s WHERE s.site_id = read_point_grant.site_id AND suyuan.owns(s.org_id)));

-- What the public may delete is what is old (resolver/scan/traffic_store.py, resolver/report/false_code_report.py).
DROP POLICY public_delete ON suyuan.enumeration;
DROP POLICY public_delete ON suyuan.false_report;
DROP POLICY public_delete ON suyuan.false_report_day;
DROP POLICY public_delete ON suyuan.false_report_network;
CREATE POLICY public_delete ON suyuan.enumeration FOR DELETE TO suyuan_public
    USING (ended_at < now() - interval '400 days');
CREATE POLICY public_delete ON suyuan.false_report FOR DELETE TO suyuan_public
    USING (day < (now() AT TIME ZONE 'UTC')::date - 30);
CREATE POLICY public_delete ON suyuan.false_report_day FOR DELETE TO suyuan_public
    USING (day < (now() AT TIME ZONE 'UTC')::date - 400);
CREATE POLICY public_delete ON suyuan.false_report_network FOR DELETE TO suyuan_public
    USING (day < (now() AT TIME ZONE 'UTC')::date - 90);

-- Tokens: looked up by their hash before it is known whose they are; made by the operator; revoked once and for all.
REVOKE UPDATE ON suyuan.api_token FROM suyuan_resolver;
GRANT UPDATE (revoked_at) ON suyuan.api_token TO suyuan_resolver;
ALTER TABLE suyuan.api_token ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY schema_all ON suyuan.api_token TO suyuan_schema USING (true) WITH CHECK (true);
CREATE POLICY api_select ON suyuan.api_token FOR SELECT TO suyuan_resolver USING (true);
CREATE POLICY api_insert ON suyuan.api_token FOR INSERT TO suyuan_resolver
    WITH CHECK (suyuan.administers() AND revoked_at IS NULL);
CREATE POLICY api_update ON suyuan.api_token FOR UPDATE TO suyuan_resolver
    USING (revoked_at IS NULL AND suyuan.administers()) WITH CHECK (true);

CREATE FUNCTION suyuan.token_stays() RETURNS trigger LANGUAGE plpgsql
AS $$
BEGIN
    IF (NEW.token_hash, NEW.org_id, NEW.role) IS DISTINCT FROM (OLD.token_hash, OLD.org_id, OLD.role)
        OR OLD.revoked_at IS NOT NULL AND NEW.revoked_at IS DISTINCT FROM OLD.revoked_at THEN
        RAISE EXCEPTION 'a token keeps its owner and role, and once revoked stays revoked'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER token_stays BEFORE UPDATE ON suyuan.api_token
    FOR EACH ROW EXECUTE FUNCTION suyuan.token_stays();

-- A regulator's look is written down, and read by nobody yet.
ALTER TABLE suyuan.oversight_log FORCE ROW LEVEL SECURITY;
CREATE POLICY schema_all ON suyuan.oversight_log TO suyuan_schema USING (true) WITH CHECK (true);
CREATE POLICY api_insert ON suyuan.oversight_log FOR INSERT TO suyuan_resolver WITH CHECK (true);
CREATE POLICY notifier_insert ON suyuan.oversight_log FOR INSERT TO suyuan_notifier WITH CHECK (true);
