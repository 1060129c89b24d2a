-- Tokens: named by an id, bounded in time and in what they may do, and listed with when they were used last.
ALTER TABLE suyuan.api_token
    ADD COLUMN token_id     uuid NOT NULL DEFAULT gen_random_uuid() UNIQUE,
    ADD COLUMN scopes       text[] NOT NULL DEFAULT '{read,issue,write,admin}'
        CHECK (scopes <@ ARRAY['read', 'issue', 'write', 'admin'] AND cardinality(scopes) > 0),
    ADD COLUMN created_by   text NOT NULL DEFAULT '',
    ADD COLUMN last_used_at timestamptz;

-- Those that were made without an end, or with one that is far off, get 90 days from now; and they keep what they could do.
UPDATE suyuan.api_token SET expires_at = now() + interval '90 days'
    WHERE expires_at IS NULL OR expires_at > now() + interval '90 days';
ALTER TABLE suyuan.api_token
    ALTER COLUMN expires_at SET DEFAULT now() + interval '90 days',
    ALTER COLUMN expires_at SET NOT NULL;

-- Both run as the owner of the tables: whoever serves a request may change nothing else of a token.
CREATE FUNCTION suyuan.token_was_used(id uuid) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = suyuan, pg_temp
BEGIN ATOMIC
    UPDATE suyuan.api_token SET last_used_at = now() WHERE token_id = id;
END;

-- Revoke one token; whose: the organisation that it has to be of, NULL for any. The id of its organisation, NULL: no such one.
CREATE FUNCTION suyuan.revoke_token(id uuid, whose text) RETURNS text
    LANGUAGE sql SECURITY DEFINER SET search_path = suyuan, pg_temp
BEGIN ATOMIC
    UPDATE suyuan.api_token SET revoked_at = coalesce(revoked_at, now())
        WHERE token_id = id AND (whose IS NULL OR org_id = whose) RETURNING org_id;
END;
REVOKE EXECUTE ON FUNCTION suyuan.token_was_used, suyuan.revoke_token FROM PUBLIC;
GRANT EXECUTE ON FUNCTION suyuan.token_was_used, suyuan.revoke_token TO suyuan_resolver;
