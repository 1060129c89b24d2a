-- Revoking a key that codes were made with makes all of them unproven, for good: it needs two people, or a day in which
-- somebody may say no. An operator may do it at once, and that stands here too.
CREATE TABLE suyuan.key_revocation (
    revocation_id   uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    org_id          text NOT NULL REFERENCES suyuan.organisation,
    kind            text NOT NULL CHECK (kind IN ('seal', 'signing')),
    key             text NOT NULL,
    reason          text NOT NULL CHECK (length(reason) BETWEEN 1 AND 1000),
    emergency       boolean NOT NULL DEFAULT false,
    requested_by    text NOT NULL,
    requested_token uuid,
    requested_at    timestamptz NOT NULL DEFAULT now(),
    due_at          timestamptz NOT NULL DEFAULT now() + interval '24 hours',
    state           text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'revoked', 'cancelled')),
    decided_by      text,
    decided_at      timestamptz,
    CHECK ((state = 'pending') = (decided_at IS NULL))
);
CREATE UNIQUE INDEX ON suyuan.key_revocation (org_id, kind, key) WHERE state = 'pending';
CREATE INDEX ON suyuan.key_revocation (due_at) WHERE state = 'pending';
GRANT SELECT, INSERT ON suyuan.key_revocation TO suyuan_resolver;
GRANT UPDATE (state, decided_by, decided_at) ON suyuan.key_revocation TO suyuan_resolver;
SELECT suyuan.keep_apart('suyuan.key_revocation', 'org_id');

-- The history of answers' keys is everybody's to read; the resolver adds its own and ends others.
ALTER TABLE suyuan.answer_key ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY schema_all ON suyuan.answer_key TO suyuan_schema USING (true) WITH CHECK (true);
CREATE POLICY everybody_select ON suyuan.answer_key FOR SELECT USING (true);
CREATE POLICY api_insert ON suyuan.answer_key FOR INSERT TO suyuan_resolver WITH CHECK (revoked_at IS NULL);
CREATE POLICY api_update ON suyuan.answer_key FOR UPDATE TO suyuan_resolver USING (true);

-- Revoke the key of a pending request; false: it was not pending any more.
CREATE FUNCTION suyuan.carry_out_revocation(id uuid, who text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = suyuan, pg_temp
AS $$
DECLARE
    request key_revocation%ROWTYPE;
BEGIN
    UPDATE key_revocation SET state = 'revoked', decided_by = who, decided_at = now()
        WHERE revocation_id = id AND state = 'pending' RETURNING * INTO request;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    IF request.kind = 'seal' THEN
        UPDATE seal_key SET revoked_at = coalesce(revoked_at, now()),
            revocation_reason = coalesce(revocation_reason, request.reason)
            WHERE org_id = request.org_id AND key_number = request.key::smallint;
    ELSE
        UPDATE signing_key SET revoked_at = coalesce(revoked_at, now()),
            revocation_reason = coalesce(revocation_reason, request.reason)
            WHERE org_id = request.org_id AND kid = request.key;
    END IF;
    RETURN true;
END
$$;

-- Those whose day has passed; how many there were.
CREATE FUNCTION suyuan.carry_out_due_revocations() RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = suyuan, pg_temp
AS $$
DECLARE
    due uuid;
    done integer := 0;
BEGIN
    FOR due IN SELECT revocation_id FROM key_revocation WHERE state = 'pending' AND due_at <= now()
               ORDER BY due_at FOR UPDATE SKIP LOCKED LOOP
        done := done + carry_out_revocation(due, 'deadline')::integer;
    END LOOP;
    RETURN done;
END
$$;
REVOKE EXECUTE ON FUNCTION suyuan.carry_out_revocation, suyuan.carry_out_due_revocations FROM PUBLIC;
GRANT EXECUTE ON FUNCTION suyuan.carry_out_revocation, suyuan.carry_out_due_revocations TO suyuan_resolver;

-- Owner and operators are told at once: of a request, of what becomes of it, and of each new key but an organisation's first.
CREATE FUNCTION suyuan.key_revocation_changed() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = suyuan, pg_temp
AS $$
BEGIN
    INSERT INTO notice (change, owner_org, subject, kind, state, reason)
        VALUES ('key', NEW.org_id, format('key/%s/%s/%s', NEW.kind, NEW.org_id, NEW.key), 'key', NEW.state, NEW.reason);
    RETURN NULL;
END
$$;
CREATE TRIGGER key_revocation_changed AFTER INSERT OR UPDATE ON suyuan.key_revocation
    FOR EACH ROW EXECUTE FUNCTION suyuan.key_revocation_changed();

CREATE FUNCTION suyuan.key_created() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = suyuan, pg_temp
AS $$
DECLARE
    name text := coalesce(to_jsonb(NEW) ->> 'kid', to_jsonb(NEW) ->> 'key_number');
BEGIN
    INSERT INTO notice (change, owner_org, subject, kind, state)
        VALUES ('key', NEW.org_id, format('key/%s/%s/%s', TG_ARGV[0], NEW.org_id, name), 'key', 'created');
    RETURN NULL;
END
$$;
CREATE TRIGGER key_created AFTER INSERT ON suyuan.seal_key
    FOR EACH ROW WHEN (NEW.key_number > 0) EXECUTE FUNCTION suyuan.key_created('seal');
CREATE TRIGGER key_created AFTER INSERT ON suyuan.signing_key
    FOR EACH ROW EXECUTE FUNCTION suyuan.key_created('signing');
