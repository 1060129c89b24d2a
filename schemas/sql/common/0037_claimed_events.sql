-- What somebody said of an owner's goods that was not its to say, an event at a time: of how many items it is a claim. A row of
-- suyuan.claim says of one item that the event is no fact about it; a pallet has thousands.
CREATE TABLE suyuan.claimed_event (
    owner_org   text NOT NULL,
    recorded_at timestamptz NOT NULL,
    event_id    uuid NOT NULL,
    item_id     text COLLATE "C" NOT NULL,
    occurred_at timestamptz NOT NULL,
    reader_org  text NOT NULL,
    reader_id   text NOT NULL,
    verb        text NOT NULL,
    biz_step    text NOT NULL,
    read_point  text,
    items       bigint NOT NULL CHECK (items >= 0),
    PRIMARY KEY (owner_org, recorded_at, event_id)
);
COMMENT ON COLUMN suyuan.claimed_event.item_id IS 'what the event is of: the item itself, or the container that it was in';
COMMENT ON COLUMN suyuan.claimed_event.recorded_at IS 'when the event arrived: whoever makes claims dates them as it likes';

GRANT SELECT, INSERT, UPDATE, DELETE ON suyuan.claimed_event TO suyuan_gateway;
GRANT SELECT ON suyuan.claimed_event TO suyuan_resolver;
SELECT suyuan.keep_apart('suyuan.claimed_event', 'owner_org');
CREATE POLICY claimant_select ON suyuan.claimed_event FOR SELECT TO suyuan_resolver USING (suyuan.sees(reader_org));

INSERT INTO suyuan.claimed_event
    (owner_org, recorded_at, event_id, item_id, occurred_at, reader_org, reader_id, verb, biz_step, read_point, items)
SELECT owner_org, min(recorded_at), event_id, min(coalesce(container, item_id)), min(occurred_at), min(reader_org),
       min(reader_id), min(verb), min(biz_step), min(read_point), count(*)
FROM suyuan.claim GROUP BY owner_org, event_id;

-- The same time for all rows of an event: by it they find the row of the event.
UPDATE suyuan.claim AS c SET recorded_at = e.recorded_at
FROM suyuan.claimed_event AS e WHERE e.owner_org = c.owner_org AND e.event_id = c.event_id AND c.recorded_at <> e.recorded_at;

-- Counts are of events now, by the day on which they arrived.
COMMENT ON COLUMN suyuan.claim_day.claims IS 'events that arrived on this day (UTC) and are claims about some item of the owner''s';
DELETE FROM suyuan.claim_day;
INSERT INTO suyuan.claim_day (owner_org, reader_org, day, claims)
SELECT owner_org, reader_org, (recorded_at AT TIME ZONE 'UTC')::date, count(*) FROM suyuan.claimed_event GROUP BY 1, 2, 3;

-- A case about who makes claims accuses its organisation, as a lane does the dealer.
CREATE FUNCTION suyuan.claims_accuse() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = suyuan, pg_temp
AS $$
BEGIN
    SELECT org_id INTO NEW.accused_org FROM organisation
        WHERE org_id = split_part(NEW.subject, '/', 3) AND org_id <> NEW.owner_org;
    RETURN NEW;
END
$$;
CREATE TRIGGER claims_accuse BEFORE INSERT ON suyuan.incident
    FOR EACH ROW WHEN (NEW.subject LIKE 'claims/%' AND NEW.accused_org IS NULL) EXECUTE FUNCTION suyuan.claims_accuse();
ALTER TABLE suyuan.incident DISABLE TRIGGER USER;
UPDATE suyuan.incident AS i SET accused_org = o.org_id
FROM suyuan.organisation AS o
WHERE i.subject LIKE 'claims/%' AND i.accused_org IS NULL AND o.org_id = split_part(i.subject, '/', 3) AND o.org_id <> i.owner_org;
ALTER TABLE suyuan.incident ENABLE TRIGGER USER;

-- What the accused sees of a case: its own lanes and its own claims, whatever else is a member.
CREATE OR REPLACE VIEW suyuan.accused_case WITH (security_barrier = true) AS
SELECT i.case_id, i.subject, i.kind, i.owner_org, i.accused_org, coalesce(own.opened_at, i.opened_at) AS opened_at,
       i.created_at, i.updated_at, i.due_from, i.answered_at, i.state, i.reason, own.findings, own.members,
       i.merged_into
FROM suyuan.incident AS i
CROSS JOIN LATERAL (
    SELECT min(m.first_at) AS opened_at, coalesce(sum(m.findings) FILTER (WHERE m.left_at IS NULL), 0)::integer AS findings,
           (count(*) FILTER (WHERE m.left_at IS NULL))::integer AS members
    FROM suyuan.incident_member AS m
    WHERE m.case_id = i.case_id AND (m.subject LIKE 'lane/%' OR m.subject LIKE 'claims/%')
) AS own
WHERE i.accused_org = current_setting('suyuan.org', true);

CREATE OR REPLACE VIEW suyuan.accused_finding WITH (security_barrier = true) AS
SELECT f.subject, f.kind, f.rule, f.level, f.occurred_at, f.confidence, f.evidence -> 'details' AS details, m.case_id
FROM suyuan.incident AS i
JOIN suyuan.incident_member AS m ON m.case_id = i.case_id AND m.left_at IS NULL
 AND (m.subject LIKE 'lane/%' OR m.subject LIKE 'claims/%')
JOIN suyuan.finding AS f ON f.subject = m.subject AND f.kind = m.kind
WHERE i.accused_org = current_setting('suyuan.org', true) AND f.level = 'alert' AND f.withdrawn_at IS NULL;
