-- Readers' keys: who let each in, so that what a stolen key has planted goes with it; how many there may be; and who is told.

-- introduced_by: the reader's key that signed for it. NULL: it came by an enrolment token, or by an operator's hand.
ALTER TABLE suyuan.reader_key ADD COLUMN introduced_by bytea;

-- The eight points of small order and encodings that are not canonical (schemas/public_key.py), whoever inserts them.
-- Bytes are compared as they are stored: little-endian, the sign of x in the last one's highest bit.
CREATE FUNCTION suyuan.is_weak_key(key bytea) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN set_byte(key, 31, get_byte(key, 31) & 127) IN (
            '\x0000000000000000000000000000000000000000000000000000000000000000',
            '\x0100000000000000000000000000000000000000000000000000000000000000',
            '\xecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
            '\x26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
            '\xc7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a')
        OR (get_byte(key, 0) >= 237 AND get_byte(key, 31) & 127 = 127
            AND substring(key FROM 2 FOR 30) = decode(repeat('ff', 30), 'hex'));
UPDATE suyuan.reader_key SET revoked_at = now() WHERE revoked_at IS NULL AND suyuan.is_weak_key(public_key);
ALTER TABLE suyuan.reader_key
    ADD CONSTRAINT reader_key_is_strong CHECK (revoked_at IS NOT NULL OR NOT suyuan.is_weak_key(public_key));

-- Whether the reader may have one more live key: three are enough for a rotation and its journal. Locks the reader's row, so
-- that two who ask at once don't both get the last place, and none gets one while a key and its successors are revoked.
CREATE FUNCTION suyuan.has_room_for_key(reader_org text, reader text) RETURNS boolean
    LANGUAGE plpgsql SET search_path = suyuan, pg_temp
AS $$
BEGIN
    PERFORM FROM reader AS r WHERE r.org_id = reader_org AND r.reader_id = reader FOR NO KEY UPDATE;
    RETURN (SELECT count(*) < 3 FROM reader_key AS k
            WHERE k.org_id = reader_org AND k.reader_id = reader AND k.revoked_at IS NULL);
END
$$;
REVOKE EXECUTE ON FUNCTION suyuan.has_room_for_key FROM PUBLIC;
GRANT EXECUTE ON FUNCTION suyuan.has_room_for_key TO suyuan_resolver;

-- As in 0019; and 'full' where the reader has as many live keys as it may have.
CREATE OR REPLACE FUNCTION suyuan.redeem_enrolment(
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
    INSERT INTO suyuan.reader (org_id, reader_id, site_id, class)
        VALUES (token.org_id, token.reader_id, token.site_id, token.class) ON CONFLICT DO NOTHING;
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
    IF present IS NULL AND NOT suyuan.has_room_for_key(token.org_id, token.reader_id) THEN
        outcome := 'full';
        RETURN;
    END IF;
    INSERT INTO suyuan.reader_key (org_id, reader_id, kid, public_key)
        VALUES (token.org_id, token.reader_id, new_kid, new_key) ON CONFLICT DO NOTHING;
    UPDATE suyuan.reader AS r SET site_id = coalesce(token.site_id, r.site_id), class = token.class
        WHERE r.org_id = token.org_id AND r.reader_id = token.reader_id;
    UPDATE suyuan.enrolment AS e SET redeemed_at = now(), kid = new_kid WHERE e.token_hash = hash;
    outcome := 'enrolled';
END
$$;

-- Notices of keys: kind 'key', about key/reader/{org}/{reader}/{kid}; owners and operators are told.
ALTER TABLE suyuan.notice DROP CONSTRAINT notice_change_check;
ALTER TABLE suyuan.notice ADD CONSTRAINT notice_change_check
    CHECK (change IN ('opened', 'evidence', 'state', 'escalated', 'closed', 'reopened', 'appealed', 'decided', 'rule', 'key'));

-- Nobody of the organisation takes part when a reader puts a new key beside its old one; so it is told.
CREATE FUNCTION suyuan.reader_key_introduced() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = suyuan, pg_temp
AS $$
BEGIN
    INSERT INTO notice (change, owner_org, subject, kind, state, reason)
        VALUES ('key', NEW.org_id, format('key/reader/%s/%s/%s', NEW.org_id, NEW.reader_id, encode(NEW.kid, 'hex')), 'key',
                'introduced', 'signed for by key ' || encode(NEW.introduced_by, 'hex'));
    RETURN NULL;
END
$$;
CREATE TRIGGER reader_key_introduced AFTER INSERT ON suyuan.reader_key
    FOR EACH ROW WHEN (NEW.introduced_by IS NOT NULL) EXECUTE FUNCTION suyuan.reader_key_introduced();
