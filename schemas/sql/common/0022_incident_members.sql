-- Incidents gather the alerts that share a cause: an incident has members, and is one case. Which alerts share a cause is
-- decided by the gateway (gateway/incident); here is what was decided, and what people have done about it.

INSERT INTO suyuan.closure_reason VALUES ('merged', NULL);

-- subject, kind: of the member that the incident is named after, a lane before single units. common: the key of what all
-- members have in common. weight: how many units are probably concerned, times the harm. merged_into: the case that goes
-- on for this one; its own history stays. notified, notified_members: as its last notice had them. decided_members: how
-- many there were when a person closed the case.
ALTER TABLE suyuan.incident DROP CONSTRAINT incident_pkey;
ALTER TABLE suyuan.incident ALTER COLUMN case_id DROP EXPRESSION;
DROP INDEX suyuan.incident_case_id_idx;
ALTER TABLE suyuan.incident
    ADD PRIMARY KEY (case_id),
    ADD COLUMN common           text COLLATE "C" NOT NULL DEFAULT '',
    ADD COLUMN members          integer NOT NULL DEFAULT 1,
    ADD COLUMN weight           double precision NOT NULL DEFAULT 0,
    ADD COLUMN merged_into      uuid REFERENCES suyuan.incident,
    ADD COLUMN notified         integer NOT NULL DEFAULT 0,
    ADD COLUMN notified_members integer NOT NULL DEFAULT 1,
    ADD COLUMN decided_members  integer NOT NULL DEFAULT 1;
CREATE INDEX ON suyuan.incident (subject, kind);
CREATE INDEX ON suyuan.incident (owner_org, weight DESC, case_id);
CREATE INDEX ON suyuan.incident (merged_into) WHERE merged_into IS NOT NULL;

-- The alerts about one subject with one suspected cause, and the case that they are of. One that stands no more has left
-- (left_at), and comes back to the case that it was of.
CREATE TABLE suyuan.incident_member (
    subject    text COLLATE "C" NOT NULL,
    kind       text NOT NULL,
    owner_org  text NOT NULL,
    case_id    uuid NOT NULL REFERENCES suyuan.incident,
    common     text COLLATE "C" NOT NULL,
    goods      text COLLATE "C" NOT NULL,
    leads      boolean NOT NULL,
    first_at   timestamptz NOT NULL,
    last_at    timestamptz NOT NULL,
    findings   integer NOT NULL,
    confidence double precision NOT NULL,
    units      integer NOT NULL,
    joined_at  timestamptz NOT NULL DEFAULT now(),
    left_at    timestamptz,
    PRIMARY KEY (subject, kind)
);
CREATE INDEX ON suyuan.incident_member (common) WHERE left_at IS NULL;
CREATE INDEX ON suyuan.incident_member (case_id, joined_at, subject, kind);

-- What was opened so far goes on as it is, each case with its one member, until the gateway groups it with others
-- ("pending/": nothing else has the same key).
INSERT INTO suyuan.incident_member
    (subject, kind, owner_org, case_id, common, goods, leads, first_at, last_at, findings, confidence, units, joined_at,
     left_at)
SELECT i.subject, i.kind, i.owner_org, i.case_id, concat_ws('/', 'pending', i.kind, i.subject), '', false,
       coalesce(f.first_at, i.opened_at), coalesce(f.last_at, i.opened_at), coalesce(f.findings, 0),
       coalesce(f.confidence, 0), 1, i.created_at, CASE WHEN f.findings IS NULL THEN i.updated_at END
FROM suyuan.incident AS i
LEFT JOIN (
    SELECT subject, kind, min(occurred_at) AS first_at, max(occurred_at) AS last_at, count(*) AS findings,
           max(confidence) AS confidence
    FROM suyuan.finding WHERE level = 'alert' AND withdrawn_at IS NULL GROUP BY subject, kind
) AS f USING (subject, kind);
ALTER TABLE suyuan.incident DISABLE TRIGGER USER;
UPDATE suyuan.incident AS i
    SET common = m.common, notified = i.findings, members = CASE WHEN m.left_at IS NULL THEN 1 ELSE 0 END,
        weight = m.confidence
    FROM suyuan.incident_member AS m WHERE m.case_id = i.case_id;
ALTER TABLE suyuan.incident ENABLE TRIGGER USER;

ALTER TABLE suyuan.case_entry DROP CONSTRAINT case_entry_action_check;
ALTER TABLE suyuan.case_entry ADD CONSTRAINT case_entry_action_check CHECK (action IN (
    'opened', 'state', 'assignment', 'comment', 'file', 'appeal', 'decision', 'members', 'merged', 'accused'));

-- members: of the incident; more: by how many they have grown since the notice before.
ALTER TABLE suyuan.notice
    ADD COLUMN members integer NOT NULL DEFAULT 1,
    ADD COLUMN more    integer NOT NULL DEFAULT 0;

-- Whoever changes an incident: its id, deadlines, reason and accused follow. An incident that names a dealer stays named
-- after the lane, so that the accused reads of nothing else. Subscribers hear of evidence when it has doubled or halved since
-- they heard of it last, not each time.
CREATE OR REPLACE FUNCTION suyuan.incident_follows() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = suyuan, pg_temp
AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        NEW.case_id := coalesce(NEW.case_id, case_of(NEW.subject, NEW.kind));
        NEW.notified := NEW.findings;
        NEW.notified_members := NEW.members;
    ELSIF NEW.state <> OLD.state THEN
        IF OLD.state = 'closed' THEN
            NEW.reason := NULL;
            NEW.due_from := now();
            NEW.answered_at := NULL;
        END IF;
        IF NEW.state IN ('investigating', 'closed') AND current_setting('suyuan.org', true) <> '' THEN
            NEW.answered_at := coalesce(NEW.answered_at, now());
        END IF;
        IF NEW.state = 'closed' THEN
            NEW.decided_members := NEW.members;
        END IF;
    END IF;
    IF TG_OP = 'UPDATE' THEN
        IF OLD.accused_org IS NOT NULL AND NEW.subject NOT LIKE 'lane/%' THEN
            NEW.subject := OLD.subject;
            NEW.kind := OLD.kind;
        END IF;
        IF NEW.state <> OLD.state OR NEW.reason IS DISTINCT FROM OLD.reason
            OR (NEW.findings <> OLD.findings
                AND (NEW.findings >= 2 * OLD.notified OR 2 * NEW.findings <= OLD.notified)) THEN
            NEW.notified := NEW.findings;
            NEW.notified_members := NEW.members;
        END IF;
    END IF;
    IF NEW.accused_org IS NULL AND NEW.subject LIKE 'lane/%' THEN
        SELECT org_id INTO NEW.accused_org FROM site
            WHERE site_id = split_part(NEW.subject, '/', 3) AND org_id <> NEW.owner_org;
    END IF;
    RETURN NEW;
END
$$;

CREATE OR REPLACE FUNCTION suyuan.incident_changed() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = suyuan, pg_temp
AS $$
DECLARE
    acting text := nullif(current_setting('suyuan.org', true), '');
    who text := coalesce(nullif(current_setting('suyuan.actor', true), ''), 'gateway');
    why text := coalesce(current_setting('suyuan.remark', true), '');
    what text;
    grown integer := 0;
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO case_entry (case_id, owner_org, accused_org, org_id, actor, action, to_state, reason, shared)
            VALUES (NEW.case_id, NEW.owner_org, NEW.accused_org, acting, who, 'opened', NEW.state, NEW.reason, true);
        what := CASE WHEN NEW.state = 'closed' THEN NULL ELSE 'opened' END;
        grown := NEW.members - 1;
    ELSE
        grown := NEW.members - OLD.notified_members;
        IF NEW.assignee IS DISTINCT FROM OLD.assignee THEN
            INSERT INTO case_entry (case_id, owner_org, accused_org, org_id, actor, action, remark)
                VALUES (NEW.case_id, NEW.owner_org, NEW.accused_org, acting, who, 'assignment',
                        coalesce(NEW.assignee, ''));
        END IF;
        IF NEW.merged_into IS DISTINCT FROM OLD.merged_into AND NEW.merged_into IS NOT NULL THEN
            why := NEW.merged_into::text;
            INSERT INTO case_entry (case_id, owner_org, accused_org, org_id, actor, action, remark)
                SELECT case_id, owner_org, accused_org, acting, who, 'merged', NEW.case_id::text
                FROM incident WHERE case_id = NEW.merged_into;
        END IF;
        IF NEW.accused_org IS DISTINCT FROM OLD.accused_org THEN
            INSERT INTO case_entry (case_id, owner_org, accused_org, org_id, actor, action, to_state, shared)
                VALUES (NEW.case_id, NEW.owner_org, NEW.accused_org, acting, who, 'accused', NEW.state, true);
            what := 'evidence';
        END IF;
        IF NEW.state <> OLD.state OR NEW.reason IS DISTINCT FROM OLD.reason THEN
            INSERT INTO case_entry
                (case_id, owner_org, accused_org, org_id, actor, action, from_state, to_state, reason, remark, shared)
                VALUES (NEW.case_id, NEW.owner_org, NEW.accused_org, acting, who, 'state', OLD.state, NEW.state,
                        NEW.reason, why, false);
            what := CASE WHEN NEW.state IN ('closed', 'escalated') THEN NEW.state
                         WHEN OLD.state = 'closed' THEN 'reopened' ELSE 'state' END;
            IF OLD.state = 'closed' THEN
                DELETE FROM rule_closure WHERE case_id = NEW.case_id;
            END IF;
        ELSIF NEW.notified <> OLD.notified THEN
            what := 'evidence';
            IF grown <> 0 THEN
                INSERT INTO case_entry (case_id, owner_org, accused_org, org_id, actor, action, remark)
                    VALUES (NEW.case_id, NEW.owner_org, NEW.accused_org, acting, who, 'members',
                            to_char(grown, 'FMSG999999990'));
            END IF;
        END IF;
    END IF;
    IF what IS NOT NULL THEN
        INSERT INTO notice (change, case_id, owner_org, accused_org, subject, kind, state, reason, findings, members, more)
            VALUES (what, NEW.case_id, NEW.owner_org, NEW.accused_org, NEW.subject, NEW.kind, NEW.state, NEW.reason,
                    NEW.findings, NEW.members, greatest(grown, 0));
    END IF;
    RETURN NULL;
END
$$;

-- What the accused sees of a case: its own lanes, whatever else is a member.
CREATE OR REPLACE VIEW suyuan.accused_case WITH (security_barrier = true) AS
SELECT i.case_id, i.subject, i.kind, i.owner_org, i.accused_org, coalesce(lane.opened_at, i.opened_at) AS opened_at,
       i.created_at, i.updated_at, i.due_from, i.answered_at, i.state, i.reason, lane.findings, lane.members,
       i.merged_into
FROM suyuan.incident AS i
CROSS JOIN LATERAL (
    SELECT min(m.first_at) AS opened_at, coalesce(sum(m.findings) FILTER (WHERE m.left_at IS NULL), 0)::integer AS findings,
           (count(*) FILTER (WHERE m.left_at IS NULL))::integer AS members
    FROM suyuan.incident_member AS m
    WHERE m.case_id = i.case_id AND m.subject LIKE 'lane/%'
) AS lane
WHERE i.accused_org = current_setting('suyuan.org', true);

CREATE OR REPLACE VIEW suyuan.accused_finding WITH (security_barrier = true) AS
SELECT f.subject, f.kind, f.rule, f.level, f.occurred_at, f.confidence, f.evidence -> 'details' AS details, m.case_id
FROM suyuan.incident AS i
JOIN suyuan.incident_member AS m ON m.case_id = i.case_id AND m.left_at IS NULL AND m.subject LIKE 'lane/%'
JOIN suyuan.finding AS f ON f.subject = m.subject AND f.kind = m.kind
WHERE i.accused_org = current_setting('suyuan.org', true) AND f.level = 'alert' AND f.withdrawn_at IS NULL;

CREATE OR REPLACE FUNCTION suyuan.escalate_overdue(days integer) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = suyuan, pg_temp
AS $$
DECLARE
    escalated integer;
BEGIN
    PERFORM set_config('suyuan.actor', 'deadline', true),
            set_config('suyuan.remark', format('%s days without closure', days), true);
    UPDATE incident SET state = 'escalated', updated_at = now()
        WHERE case_id IN (
            SELECT case_id FROM incident
            WHERE state IN ('new', 'active', 'investigating') AND due_from <= now() - make_interval(days => days)
            ORDER BY case_id FOR UPDATE SKIP LOCKED);
    GET DIAGNOSTICS escalated = ROW_COUNT;
    PERFORM set_config('suyuan.actor', '', true), set_config('suyuan.remark', '', true);
    RETURN escalated;
END
$$;

GRANT SELECT ON suyuan.incident_member TO suyuan_gateway, suyuan_resolver;
GRANT INSERT, UPDATE ON suyuan.incident_member TO suyuan_gateway;
ALTER TABLE suyuan.incident_member ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON suyuan.incident_member USING (suyuan.sees(owner_org));
