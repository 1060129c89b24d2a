-- The audit log: regulators' looks and changes, and what operators do. A chain of hashes, so that a row which is changed, taken
-- out or put in between is found, also when the server's own administrator has done it.
--
-- act: a look at others' goods, or a change. body_digest: SHA-256 of what was sent, where there was a body.
-- number, digest: the place in the chain, and SHA-256 of the digest before and of this row. Given after the commit, in one order
-- for all (chain_audit), as notices are numbered: whoever writes a row waits for nobody, and two can't fork the chain.
ALTER TABLE suyuan.oversight_log
    ADD COLUMN act         text NOT NULL DEFAULT 'look' CHECK (act IN ('look', 'change')),
    ADD COLUMN body_digest bytea CHECK (length(body_digest) = 32),
    ADD COLUMN number      bigint UNIQUE,
    ADD COLUMN digest      bytea CHECK (length(digest) = 32),
    ADD CHECK ((number IS NULL) = (digest IS NULL));
CREATE INDEX ON suyuan.oversight_log (log_id) WHERE number IS NULL;
CREATE INDEX ON suyuan.oversight_log (org_id, log_id);

-- What a row's hash is of: JSON, so that no two rows read the same.
CREATE FUNCTION suyuan.audit_digest(before bytea, row_ suyuan.oversight_log) RETURNS bytea
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN sha256(before || convert_to(jsonb_build_array(row_.number, row_.log_id,
        (extract(epoch FROM row_.looked_at) * 1000000)::bigint, row_.org_id, row_.token_label, row_.act, row_.request,
        encode(row_.body_digest, 'hex'))::text, 'UTF8'));

CREATE FUNCTION suyuan.chain_audit() RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = suyuan, pg_temp
AS $$
DECLARE
    each oversight_log;
    before bytea;
    last bigint;
BEGIN
    IF NOT EXISTS (SELECT FROM oversight_log WHERE number IS NULL) THEN
        RETURN;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('suyuan.audit', 0));
    SELECT o.number, o.digest INTO last, before FROM oversight_log AS o WHERE o.number IS NOT NULL
        ORDER BY o.number DESC LIMIT 1;
    last := coalesce(last, 0);
    before := coalesce(before, '\x');
    FOR each IN SELECT * FROM oversight_log WHERE number IS NULL ORDER BY log_id LIMIT 1000 LOOP
        last := last + 1;
        each.number := last;
        before := audit_digest(before, each);
        UPDATE oversight_log SET number = last, digest = before WHERE log_id = each.log_id;
    END LOOP;
END
$$;

-- The number of the first row that is not what was chained, or whose predecessor is missing; NULL when the chain is whole.
CREATE FUNCTION suyuan.audit_fault() RETURNS bigint
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = suyuan, pg_temp
    RETURN (
        SELECT min(chained.number) FROM (
            SELECT o.number, o.digest AS found, row_number() OVER w AS place,
                   suyuan.audit_digest(coalesce(lag(o.digest) OVER w, '\x'), o) AS digest
            FROM suyuan.oversight_log AS o WHERE o.number IS NOT NULL WINDOW w AS (ORDER BY o.number)
        ) AS chained
        WHERE chained.found <> chained.digest OR chained.number <> chained.place);
REVOKE ALL ON FUNCTION suyuan.chain_audit, suyuan.audit_fault FROM PUBLIC;
GRANT EXECUTE ON FUNCTION suyuan.chain_audit, suyuan.audit_fault TO suyuan_resolver, suyuan_notifier;

-- Rows are added, never changed or deleted; a row gets its place in the chain once.
CREATE FUNCTION suyuan.audit_stays() RETURNS trigger LANGUAGE plpgsql
AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.number IS NULL
        AND (OLD.log_id, OLD.looked_at, OLD.org_id, OLD.token_label, OLD.act, OLD.request, OLD.body_digest)
            IS NOT DISTINCT FROM
            (NEW.log_id, NEW.looked_at, NEW.org_id, NEW.token_label, NEW.act, NEW.request, NEW.body_digest) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% is a record: rows are added, never changed or deleted', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER audit_stays BEFORE UPDATE OR DELETE ON suyuan.oversight_log
    FOR EACH ROW EXECUTE FUNCTION suyuan.audit_stays();
CREATE TRIGGER audit_is_kept BEFORE TRUNCATE ON suyuan.oversight_log
    FOR EACH STATEMENT EXECUTE FUNCTION suyuan.audit_stays();

-- Who reads it: an operator all of it, others what they did themselves. Nobody chooses the place or the time of a row.
GRANT SELECT ON suyuan.oversight_log TO suyuan_resolver;
REVOKE INSERT ON suyuan.oversight_log FROM suyuan_resolver, suyuan_notifier;
GRANT INSERT (org_id, token_label, act, request, body_digest) ON suyuan.oversight_log TO suyuan_resolver, suyuan_notifier;
DROP POLICY api_insert ON suyuan.oversight_log;
CREATE POLICY api_insert ON suyuan.oversight_log FOR INSERT TO suyuan_resolver WITH CHECK (suyuan.owns(org_id));
CREATE POLICY api_select ON suyuan.oversight_log FOR SELECT TO suyuan_resolver
    USING (suyuan.owns(org_id) OR suyuan.administers());
