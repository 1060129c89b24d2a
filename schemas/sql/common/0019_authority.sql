-- Who may say what (docs/authority.md). A signature says who speaks; whether it is theirs to say follows from what they have
-- to do with the goods. What is not theirs to say is kept as a claim, and nothing is concluded from it.

-- Whom a shipment is addressed to: a site's id, or an organisation's (EPCIS 2.0, destinationList).
ALTER TABLE suyuan.event ADD COLUMN destination text;

CREATE OR REPLACE VIEW suyuan.visible_event WITH (security_barrier = true) AS
SELECT item_id, occurred_at, event_id, recorded_at, owner_org, reader_org, reader_id, biz_step, action, disposition,
       offset_minutes, read_point, latitude, longitude, radius_m, source, audience, handset, clock_bound_s, proof, children,
       destination
FROM suyuan.event WHERE suyuan.sees(owner_org) OR suyuan.sees(reader_org);

CREATE OR REPLACE FUNCTION suyuan.events_of(item text, since timestamptz, until timestamptz)
    RETURNS SETOF suyuan.visible_event
    LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT * FROM suyuan.visible_event AS event
    WHERE event.item_id = item AND event.occurred_at >= since AND event.occurred_at <= until
    OFFSET 0;
END;

-- Events in an item's history that are no facts about it: said by somebody whose say it is not. item_id is the item that
-- the claim is about: it was observed, or packed, or in the container that was observed. Written by judging, anew whenever
-- the item is judged anew.
CREATE TABLE suyuan.claim (
    item_id     text COLLATE "C" NOT NULL,
    occurred_at timestamptz NOT NULL,
    event_id    uuid NOT NULL,
    owner_org   text NOT NULL,
    reader_org  text NOT NULL,
    reader_id   text NOT NULL,
    verb        text NOT NULL,
    biz_step    text NOT NULL,
    read_point  text,
    container   text COLLATE "C",
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (item_id, occurred_at, event_id)
);
CREATE INDEX ON suyuan.claim (owner_org, recorded_at, item_id, event_id);
COMMENT ON COLUMN suyuan.claim.verb IS 'what kind of statement it is: gateway/authority/verb.py';
COMMENT ON COLUMN suyuan.claim.container IS 'the container that the event is of, where it is not the item''s own';

-- How many claims an organisation made about an owner's goods on one day of event time (UTC): kept, not counted.
CREATE TABLE suyuan.claim_day (
    owner_org  text NOT NULL,
    reader_org text NOT NULL,
    day        date NOT NULL,
    claims     bigint NOT NULL,
    PRIMARY KEY (owner_org, reader_org, day)
);

-- What an owner lets another organisation say of its goods: verbs, of one product or of all, by event time.
CREATE TABLE suyuan.mandate (
    mandate_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    owner_org  text NOT NULL REFERENCES suyuan.organisation,
    org_id     text NOT NULL REFERENCES suyuan.organisation,
    verbs      text[] NOT NULL CHECK (cardinality(verbs) > 0 AND verbs <@ ARRAY['commission', 'custody', 'end', 'recall']),
    gtin       text REFERENCES suyuan.product,
    since      timestamptz NOT NULL,
    until      timestamptz NOT NULL DEFAULT 'infinity' CHECK (until >= since),
    created_at timestamptz NOT NULL DEFAULT now(),
    CHECK (owner_org <> org_id)
);
CREATE INDEX ON suyuan.mandate (owner_org);

-- Read points at which another organisation's readers may observe, by leave of whoever has the site.
CREATE TABLE suyuan.read_point_grant (
    site_id    text NOT NULL REFERENCES suyuan.site,
    org_id     text NOT NULL REFERENCES suyuan.organisation,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (site_id, org_id)
);

-- What a reader is: for whom it may say that somebody looked. A regulator's readers are its inspectors'.
ALTER TABLE suyuan.reader
    ADD COLUMN class text NOT NULL DEFAULT 'edge' CHECK (class IN ('edge', 'till', 'inspector', 'kiosk'));
ALTER TABLE suyuan.enrolment
    ADD COLUMN class text NOT NULL DEFAULT 'edge' CHECK (class IN ('edge', 'till', 'inspector', 'kiosk'));
UPDATE suyuan.reader AS r SET class = 'inspector'
FROM suyuan.organisation AS o WHERE o.org_id = r.org_id AND o.kind = 'regulator';

-- An item of which somebody other than its owner has said anything, or that was packed by others or into others'
-- containers: only then does judging ask who had it. Of what was stored before, nobody knows.
ALTER TABLE suyuan.item_state ADD COLUMN by_others boolean NOT NULL DEFAULT true;
ALTER TABLE suyuan.item_state ALTER COLUMN by_others SET DEFAULT false;

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
    INSERT INTO suyuan.reader_key (org_id, reader_id, kid, public_key)
        VALUES (token.org_id, token.reader_id, new_kid, new_key) ON CONFLICT DO NOTHING;
    UPDATE suyuan.reader AS r SET site_id = coalesce(token.site_id, r.site_id), class = token.class
        WHERE r.org_id = token.org_id AND r.reader_id = token.reader_id;
    UPDATE suyuan.enrolment AS e SET redeemed_at = now(), kid = new_kid WHERE e.token_hash = hash;
    outcome := 'enrolled';
END
$$;

-- What readers of others have said of one's site. Runs as the owner of the tables: who has a site is told what is said to
-- have happened there, whosever goods it was.
CREATE FUNCTION suyuan.statements_at(site text, as_of timestamptz, after_at timestamptz, after_id uuid, most integer)
    RETURNS TABLE (event_id uuid, item_id text, occurred_at timestamptz, recorded_at timestamptz, biz_step text,
                   disposition text, reader_org text, reader_id text, claim boolean)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = suyuan, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    IF NOT EXISTS (SELECT FROM site AS s WHERE s.site_id = site AND s.org_id = current_setting('suyuan.org', true)) THEN
        RETURN;
    END IF;
    -- One by one: where events are spread over machines, claims are not.
    FOR event_id, item_id, occurred_at, recorded_at, biz_step, disposition, reader_org, reader_id IN
        SELECT e.event_id, e.item_id, e.occurred_at, e.recorded_at, e.biz_step, e.disposition, e.reader_org, e.reader_id
        FROM event AS e
        WHERE e.read_point = site AND e.reader_org <> current_setting('suyuan.org', true) AND e.recorded_at <= as_of
          AND (after_at IS NULL OR (e.occurred_at, e.event_id) > (after_at, after_id))
        ORDER BY e.occurred_at, e.event_id LIMIT most
    LOOP
        claim := EXISTS (SELECT FROM claim AS c WHERE c.item_id = statements_at.item_id
                         AND c.occurred_at = statements_at.occurred_at AND c.event_id = statements_at.event_id);
        RETURN NEXT;
    END LOOP;
END
$$;
REVOKE ALL ON FUNCTION suyuan.statements_at FROM PUBLIC;
GRANT EXECUTE ON FUNCTION suyuan.statements_at TO suyuan_resolver;

GRANT SELECT, INSERT, UPDATE, DELETE ON suyuan.claim, suyuan.claim_day TO suyuan_gateway;
GRANT SELECT ON suyuan.mandate, suyuan.read_point_grant TO suyuan_gateway;
GRANT SELECT ON suyuan.claim TO suyuan_resolver;
GRANT SELECT, INSERT, UPDATE ON suyuan.mandate TO suyuan_resolver;
GRANT SELECT, INSERT, DELETE ON suyuan.read_point_grant TO suyuan_resolver;

-- A claim is shown to whose goods it is about, and to who made it. A mandate is shown to both its parties, and given and
-- ended by the owner; a grant likewise.
ALTER TABLE suyuan.claim ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON suyuan.claim USING (suyuan.sees(owner_org) OR suyuan.sees(reader_org));
CREATE POLICY gateway ON suyuan.claim TO suyuan_gateway USING (true) WITH CHECK (true);
ALTER TABLE suyuan.mandate ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON suyuan.mandate USING (owner_org = current_setting('suyuan.org', true));
CREATE POLICY party ON suyuan.mandate FOR SELECT USING (suyuan.sees(org_id));
CREATE POLICY gateway ON suyuan.mandate FOR SELECT TO suyuan_gateway USING (true);
ALTER TABLE suyuan.read_point_grant ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON suyuan.read_point_grant USING (EXISTS (
    SELECT FROM suyuan.site WHERE site.site_id = read_point_grant.site_id
      AND site.org_id = current_setting('suyuan.org', true)));
CREATE POLICY party ON suyuan.read_point_grant FOR SELECT USING (suyuan.sees(org_id));
CREATE POLICY gateway ON suyuan.read_point_grant FOR SELECT TO suyuan_gateway USING (true);
