-- Readers as principals: one-time enrolment, health, and settings from afar.

-- Enrolment tokens: only their SHA-256 is kept. A token names the reader that it makes; it is redeemed once, and its row
-- stays as the record of who let the reader in. Looked up by the hash alone, before it is known whose it is.
CREATE TABLE suyuan.enrolment (
    token_hash  bytea PRIMARY KEY CHECK (length(token_hash) = 32),
    org_id      text NOT NULL REFERENCES suyuan.organisation,
    reader_id   text NOT NULL CHECK (reader_id ~ '^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$'),
    site_id     text REFERENCES suyuan.site,
    created_by  text NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    expires_at  timestamptz NOT NULL,
    redeemed_at timestamptz,
    kid         bytea
);

-- How a reader is: written by the gateway, for enrolled readers only. No foreign key, so that a write takes no lock on
-- the reader's own row. delays: the newest differences between receipt and sending of fresh batches, in microseconds.
CREATE TABLE suyuan.reader_health (
    org_id          text NOT NULL,
    reader_id       text NOT NULL,
    last_seen       timestamptz,
    firmware        text,
    clock_offset_us bigint,
    delays          bigint[] NOT NULL DEFAULT '{}',
    online          boolean,
    status_at       timestamptz,
    PRIMARY KEY (org_id, reader_id)
);

-- What an operator wants a reader to work by. The gateway publishes a revision that it has not published yet.
CREATE TABLE suyuan.reader_settings (
    org_id             text NOT NULL,
    reader_id          text NOT NULL,
    settings           jsonb NOT NULL,
    revision           bigint NOT NULL DEFAULT 1,
    published_revision bigint NOT NULL DEFAULT 0,
    updated_at         timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (org_id, reader_id),
    FOREIGN KEY (org_id, reader_id) REFERENCES suyuan.reader
);
CREATE INDEX ON suyuan.reader_settings (org_id, reader_id) WHERE revision > published_revision;

-- Redeem a token, as one step: 'enrolled', 'again' (the same key once more: the first answer was lost on its way),
-- 'unknown', 'expired', 'used' (with another key), 'revoked' (the reader or this key), or 'taken' (the key id has another key).
-- The caller has checked that whoever asks holds the private key. Runs as the owner, because neither role may see the
-- organisation's rows before the token has said whose they are.
CREATE FUNCTION suyuan.redeem_enrolment(
    hash bytea, new_kid bytea, new_key bytea,
    OUT outcome text, OUT org_id text, OUT reader_id text, OUT site_id text
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = suyuan, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    token suyuan.enrolment%ROWTYPE;
    present bytea;
BEGIN
    SELECT * INTO token FROM suyuan.enrolment AS e WHERE e.token_hash = hash FOR UPDATE;
    IF NOT FOUND THEN
        outcome := 'unknown';
        RETURN;
    END IF;
    org_id := token.org_id;
    reader_id := token.reader_id;
    site_id := token.site_id;
    SELECT k.public_key INTO present FROM suyuan.reader_key AS k
        WHERE k.org_id = token.org_id AND k.reader_id = token.reader_id AND k.kid = new_kid;
    IF token.redeemed_at IS NOT NULL THEN
        outcome := CASE WHEN token.kid = new_kid AND present = new_key THEN 'again' ELSE 'used' END;
        RETURN;
    END IF;
    IF token.expires_at <= now() THEN
        outcome := 'expired';
        RETURN;
    END IF;
    INSERT INTO suyuan.reader (org_id, reader_id, site_id)
        VALUES (token.org_id, token.reader_id, token.site_id) ON CONFLICT DO NOTHING;
    PERFORM FROM suyuan.reader AS r
        WHERE r.org_id = token.org_id AND r.reader_id = token.reader_id AND r.revoked_at IS NOT NULL;
    IF FOUND THEN
        outcome := 'revoked';
        RETURN;
    END IF;
    IF present IS NOT NULL AND present <> new_key THEN
        outcome := 'taken';
        RETURN;
    END IF;
    PERFORM FROM suyuan.reader_key AS k
        WHERE k.org_id = token.org_id AND k.reader_id = token.reader_id AND k.kid = new_kid AND k.revoked_at IS NOT NULL;
    IF FOUND THEN
        outcome := 'revoked';
        RETURN;
    END IF;
    INSERT INTO suyuan.reader_key (org_id, reader_id, kid, public_key)
        VALUES (token.org_id, token.reader_id, new_kid, new_key) ON CONFLICT DO NOTHING;
    IF token.site_id IS NOT NULL THEN
        UPDATE suyuan.reader AS r SET site_id = token.site_id
            WHERE r.org_id = token.org_id AND r.reader_id = token.reader_id;
    END IF;
    UPDATE suyuan.enrolment AS e SET redeemed_at = now(), kid = new_kid WHERE e.token_hash = hash;
    outcome := 'enrolled';
END
$$;
REVOKE EXECUTE ON FUNCTION suyuan.redeem_enrolment FROM PUBLIC;
GRANT EXECUTE ON FUNCTION suyuan.redeem_enrolment TO suyuan_gateway, suyuan_resolver;

GRANT SELECT, INSERT, UPDATE ON suyuan.reader_health TO suyuan_gateway;
GRANT SELECT ON suyuan.reader_settings TO suyuan_gateway;
GRANT UPDATE (published_revision) ON suyuan.reader_settings TO suyuan_gateway;
GRANT INSERT ON suyuan.enrolment TO suyuan_resolver;
GRANT SELECT ON suyuan.reader_health TO suyuan_resolver;
GRANT SELECT, INSERT, UPDATE ON suyuan.reader_settings TO suyuan_resolver;

ALTER TABLE suyuan.reader_health ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON suyuan.reader_health USING (suyuan.sees(org_id));
ALTER TABLE suyuan.reader_settings ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON suyuan.reader_settings USING (suyuan.sees(org_id));

-- The platform's operator looks after everybody's readers, and sees nothing else of theirs by this mandate.
CREATE POLICY fleet ON suyuan.reader FOR SELECT USING (current_setting('suyuan.mandate', true) = 'fleet');
CREATE POLICY fleet ON suyuan.reader_key FOR SELECT USING (current_setting('suyuan.mandate', true) = 'fleet');
CREATE POLICY fleet ON suyuan.reader_health FOR SELECT USING (current_setting('suyuan.mandate', true) = 'fleet');
CREATE POLICY fleet ON suyuan.reader_settings FOR SELECT USING (current_setting('suyuan.mandate', true) = 'fleet');
