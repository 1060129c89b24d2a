-- Cases: what people do about incidents, what is learnt from it, and who is told.

-- Why a case was closed. confirmed: whether that speaks for the rules that raised it; NULL: for neither side.
CREATE TABLE suyuan.closure_reason (
    reason    text PRIMARY KEY,
    confirmed boolean
);
INSERT INTO suyuan.closure_reason VALUES
    ('counterfeit_confirmed', true), ('diversion_confirmed', true), ('stolen_labels_confirmed', true),
    ('offence_confirmed', true), ('device_fault', false), ('data_error', false), ('late_upload', false),
    ('known_benign_pattern', false), ('not_reproducible', false), ('test_or_sample', NULL), ('duplicate', NULL),
    ('other', NULL), ('evidence_withdrawn', NULL);

-- A case's id follows from what it is about, so that judging again finds the same case.
CREATE FUNCTION suyuan.case_of(subject text, kind text) RETURNS uuid
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN encode(substring(sha256(convert_to(kind || '/' || subject, 'UTF8')) FROM 1 FOR 16), 'hex')::uuid;

-- created_at: when we heard, unlike opened_at, when it happened. due_from: since when somebody has had to answer.
-- accused_org: whose site the lane begins at; that organisation sees the case in a limited form and may appeal.
ALTER TABLE suyuan.incident
    ADD COLUMN case_id     uuid NOT NULL GENERATED ALWAYS AS (suyuan.case_of(subject, kind)) STORED,
    ADD COLUMN reason      text REFERENCES suyuan.closure_reason,
    ADD COLUMN assignee    text,
    ADD COLUMN created_at  timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN due_from    timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN answered_at timestamptz,
    ADD COLUMN accused_org text;
CREATE INDEX ON suyuan.incident (case_id);
CREATE INDEX ON suyuan.incident (accused_org) WHERE accused_org IS NOT NULL;
CREATE INDEX ON suyuan.incident (due_from) WHERE state IN ('new', 'active', 'investigating');
UPDATE suyuan.incident SET reason = 'evidence_withdrawn' WHERE state = 'closed';
UPDATE suyuan.incident AS i SET accused_org = site.org_id
    FROM suyuan.site WHERE i.subject LIKE 'lane/%' AND site.site_id = split_part(i.subject, '/', 3)
    AND site.org_id <> i.owner_org;
ALTER TABLE suyuan.incident ADD CHECK ((state = 'closed') = (reason IS NOT NULL));

-- Everything that was done about a case, in order. Rows are added, never changed: no role may, and the trigger below
-- refuses it to the owner as well. org_id NULL: nobody's act, but the program's (actor: gateway or deadline).
-- shared: the accused may read it.
CREATE TABLE suyuan.case_entry (
    entry_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    case_id     uuid NOT NULL,
    owner_org   text NOT NULL,
    accused_org text,
    at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    org_id      text,
    actor       text NOT NULL,
    action      text NOT NULL CHECK (action IN ('opened', 'state', 'assignment', 'comment', 'file', 'appeal', 'decision')),
    from_state  text,
    to_state    text,
    reason      text,
    remark      text NOT NULL DEFAULT '' CHECK (length(remark) <= 4000),
    shared      boolean NOT NULL DEFAULT false
);
CREATE INDEX ON suyuan.case_entry (case_id, entry_id);

-- Evidence that people attach.
CREATE TABLE suyuan.case_file (
    case_id      uuid NOT NULL,
    sha256       bytea NOT NULL CHECK (length(sha256) = 32),
    owner_org    text NOT NULL,
    accused_org  text,
    org_id       text NOT NULL,
    actor        text NOT NULL,
    at           timestamptz NOT NULL DEFAULT clock_timestamp(),
    name         text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    content_type text NOT NULL,
    content      bytea NOT NULL CHECK (length(content) BETWEEN 1 AND 8388608),
    shared       boolean NOT NULL DEFAULT false,
    PRIMARY KEY (case_id, sha256, org_id)
);
ALTER TABLE suyuan.case_file ALTER COLUMN content SET STORAGE EXTERNAL;

CREATE FUNCTION suyuan.stays_as_it_is() RETURNS trigger LANGUAGE plpgsql
AS $$
BEGIN
    RAISE EXCEPTION '% is a record: rows are added, never changed or deleted', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER stays_as_it_is BEFORE UPDATE OR DELETE ON suyuan.case_entry
    FOR EACH ROW EXECUTE FUNCTION suyuan.stays_as_it_is();
CREATE TRIGGER stays_as_it_is BEFORE UPDATE OR DELETE ON suyuan.case_file
    FOR EACH ROW EXECUTE FUNCTION suyuan.stays_as_it_is();

-- The accused's objection.
CREATE TABLE suyuan.appeal (
    appeal_id  uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    case_id    uuid NOT NULL,
    owner_org  text NOT NULL,
    org_id     text NOT NULL REFERENCES suyuan.organisation,
    filed_at   timestamptz NOT NULL DEFAULT now(),
    actor      text NOT NULL,
    statement  text NOT NULL CHECK (length(statement) BETWEEN 1 AND 4000),
    state      text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'withdrawn', 'upheld', 'rejected')),
    decided_at timestamptz,
    decided_by text,
    decision   text CHECK (length(decision) <= 4000),
    CHECK ((state = 'open') = (decided_at IS NULL))
);
CREATE UNIQUE INDEX ON suyuan.appeal (case_id) WHERE state = 'open';
CREATE INDEX ON suyuan.appeal (case_id);

-- Days that are not what their weekday says: holidays, and the working weekends that make up for them.
CREATE TABLE suyuan.calendar_day (
    day   date PRIMARY KEY,
    works boolean NOT NULL,
    name  text NOT NULL DEFAULT ''
);

-- What subscribers are told. A number is given after the commit, in one order for all (number_notices): who reads by
-- number can't miss one that was still uncommitted. Of one case they are in the order of its changes, because a change
-- holds the incident's row.
CREATE TABLE suyuan.notice (
    notice_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number      bigint UNIQUE,
    at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    change      text NOT NULL CHECK (change IN ('opened', 'evidence', 'state', 'escalated', 'closed', 'reopened',
                                                'appealed', 'decided', 'rule')),
    case_id     uuid,
    owner_org   text NOT NULL,
    accused_org text,
    subject     text COLLATE "C" NOT NULL,
    kind        text NOT NULL,
    state       text NOT NULL DEFAULT '',
    reason      text,
    findings    integer NOT NULL DEFAULT 0
);
CREATE INDEX ON suyuan.notice (notice_id) WHERE number IS NULL;
CREATE INDEX ON suyuan.notice (owner_org, number);

CREATE FUNCTION suyuan.number_notices() RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = suyuan, pg_temp
AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM notice WHERE number IS NULL) THEN
        RETURN;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('suyuan.notice', 0));
    UPDATE notice AS n SET number = fresh.number
    FROM (SELECT notice_id, row_number() OVER (ORDER BY notice_id) + coalesce((SELECT max(number) FROM notice), 0) AS number
          FROM notice WHERE number IS NULL) AS fresh
    WHERE n.notice_id = fresh.notice_id;
END
$$;

-- The number of the last notice, whoever may see it.
CREATE FUNCTION suyuan.last_notice() RETURNS bigint
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = suyuan, pg_temp
    RETURN (SELECT coalesce(max(number), 0) FROM suyuan.notice);

-- Who is told what, where. The cursor is the number of the last notice that the other side has taken.
-- Empty lists mean all. The secret of a webhook is derived from the root secret, this id and secret_number.
CREATE TABLE suyuan.subscription (
    subscription_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    org_id        text NOT NULL REFERENCES suyuan.organisation,
    channel       text NOT NULL CHECK (channel IN ('webhook', 'email', 'mqtt')),
    target        text NOT NULL CHECK (length(target) <= 2048),
    language      text NOT NULL DEFAULT 'zh' CHECK (language IN ('zh', 'en')),
    kinds         text[] NOT NULL DEFAULT '{}',
    gtins         text[] NOT NULL DEFAULT '{}',
    markets       text[] NOT NULL DEFAULT '{}',
    changes       text[] NOT NULL DEFAULT '{}',
    secret_number integer NOT NULL DEFAULT 1,
    cursor        bigint NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now(),
    created_by    text NOT NULL,
    delivered_at  timestamptz,
    failures      integer NOT NULL DEFAULT 0,
    next_try_at   timestamptz NOT NULL DEFAULT now(),
    last_error    text NOT NULL DEFAULT '',
    paused_at     timestamptz
);
CREATE INDEX ON suyuan.subscription (org_id);

-- What closures say of rules: one row per rule and case, as the case was closed last; none while it is open.
CREATE TABLE suyuan.rule_closure (
    rule      text NOT NULL,
    case_id   uuid NOT NULL,
    owner_org text NOT NULL,
    closed_at timestamptz NOT NULL DEFAULT now(),
    confirmed boolean NOT NULL,
    PRIMARY KEY (rule, case_id)
);
CREATE INDEX ON suyuan.rule_closure (owner_org, rule, closed_at);

-- Rules that are to be silent, or were made to speak again, for one owner's goods. counted_from: closures before it say
-- nothing any more.
CREATE TABLE suyuan.rule_status (
    rule         text NOT NULL,
    owner_org    text NOT NULL REFERENCES suyuan.organisation,
    level        text NOT NULL CHECK (level IN ('watch', 'alert')),
    since        timestamptz NOT NULL DEFAULT now(),
    counted_from timestamptz NOT NULL DEFAULT '-infinity',
    actor        text NOT NULL,
    remark       text NOT NULL,
    PRIMARY KEY (rule, owner_org)
);

-- Photos of consumers' reports, without what the camera wrote into them.
CREATE TABLE suyuan.report_photo (
    report_id    uuid NOT NULL REFERENCES suyuan.consumer_report,
    sha256       bytea NOT NULL CHECK (length(sha256) = 32),
    owner_org    text NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    content_type text NOT NULL,
    content      bytea NOT NULL CHECK (length(content) BETWEEN 1 AND 4194304),
    PRIMARY KEY (report_id, sha256)
);
ALTER TABLE suyuan.report_photo ALTER COLUMN content SET STORAGE EXTERNAL;
CREATE INDEX ON suyuan.consumer_report (owner_org, created_at);

-- Whoever changes an incident: its deadlines, reason and accused follow.
CREATE FUNCTION suyuan.incident_follows() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = suyuan, pg_temp
AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.subject LIKE 'lane/%' THEN
            SELECT org_id INTO NEW.accused_org FROM site
                WHERE site_id = split_part(NEW.subject, '/', 3) AND org_id <> NEW.owner_org;
        END IF;
    ELSIF NEW.state <> OLD.state THEN
        IF OLD.state = 'closed' THEN
            NEW.reason := NULL;
            NEW.due_from := now();
            NEW.answered_at := NULL;
        END IF;
        IF NEW.state IN ('investigating', 'closed') AND current_setting('suyuan.org', true) <> '' THEN
            NEW.answered_at := coalesce(NEW.answered_at, now());
        END IF;
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER incident_follows BEFORE INSERT OR UPDATE ON suyuan.incident
    FOR EACH ROW EXECUTE FUNCTION suyuan.incident_follows();

-- Whoever changes an incident: it stands in the case's history, and subscribers hear of it. The resolver sets who acts
-- (suyuan.org, suyuan.actor) and why (suyuan.remark) for its transaction.
CREATE FUNCTION suyuan.incident_changed() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = suyuan, pg_temp
AS $$
DECLARE
    acting text := nullif(current_setting('suyuan.org', true), '');
    who text := coalesce(nullif(current_setting('suyuan.actor', true), ''), 'gateway');
    why text := coalesce(current_setting('suyuan.remark', true), '');
    what text;
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO case_entry (case_id, owner_org, accused_org, org_id, actor, action, to_state, reason, shared)
            VALUES (NEW.case_id, NEW.owner_org, NEW.accused_org, acting, who, 'opened', NEW.state, NEW.reason, true);
        what := CASE WHEN NEW.state = 'closed' THEN NULL ELSE 'opened' END;
    ELSE
        IF NEW.assignee IS DISTINCT FROM OLD.assignee THEN
            INSERT INTO case_entry (case_id, owner_org, accused_org, org_id, actor, action, remark)
                VALUES (NEW.case_id, NEW.owner_org, NEW.accused_org, acting, who, 'assignment',
                        coalesce(NEW.assignee, ''));
        END IF;
        IF NEW.state <> OLD.state OR NEW.reason IS DISTINCT FROM OLD.reason THEN
            INSERT INTO case_entry
                (case_id, owner_org, accused_org, org_id, actor, action, from_state, to_state, reason, remark, shared)
                VALUES (NEW.case_id, NEW.owner_org, NEW.accused_org, acting, who, 'state', OLD.state, NEW.state,
                        NEW.reason, why, false);
            what := CASE WHEN NEW.state IN ('closed', 'escalated') THEN NEW.state
                         WHEN OLD.state = 'closed' THEN 'reopened' ELSE 'state' END;
        ELSIF NEW.findings <> OLD.findings THEN
            what := 'evidence';
        END IF;
    END IF;
    IF what IS NOT NULL THEN
        INSERT INTO notice (change, case_id, owner_org, accused_org, subject, kind, state, reason, findings)
            VALUES (what, NEW.case_id, NEW.owner_org, NEW.accused_org, NEW.subject, NEW.kind, NEW.state, NEW.reason,
                    NEW.findings);
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER incident_changed AFTER INSERT OR UPDATE ON suyuan.incident
    FOR EACH ROW EXECUTE FUNCTION suyuan.incident_changed();
INSERT INTO suyuan.case_entry (case_id, owner_org, accused_org, at, actor, action, to_state, reason, shared)
    SELECT case_id, owner_org, accused_org, updated_at, 'gateway', 'opened', state, reason, true FROM suyuan.incident;

-- An appeal stands in the history as well, and both sides hear of it.
CREATE FUNCTION suyuan.appeal_changed() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = suyuan, pg_temp
AS $$
DECLARE
    new_one boolean := TG_OP = 'INSERT';
BEGIN
    INSERT INTO case_entry (case_id, owner_org, accused_org, org_id, actor, action, reason, remark, shared)
        VALUES (NEW.case_id, NEW.owner_org, NEW.org_id, nullif(current_setting('suyuan.org', true), ''),
                coalesce(nullif(current_setting('suyuan.actor', true), ''), NEW.actor),
                CASE WHEN new_one THEN 'appeal' ELSE 'decision' END, NEW.state,
                CASE WHEN new_one THEN NEW.statement ELSE coalesce(NEW.decision, '') END, true);
    INSERT INTO notice (change, case_id, owner_org, accused_org, subject, kind, state, reason, findings)
        SELECT CASE WHEN new_one THEN 'appealed' ELSE 'decided' END, case_id, owner_org, accused_org, subject, kind,
               state, NEW.state, findings
        FROM incident WHERE case_id = NEW.case_id;
    RETURN NULL;
END
$$;
CREATE TRIGGER appeal_changed AFTER INSERT OR UPDATE ON suyuan.appeal
    FOR EACH ROW EXECUTE FUNCTION suyuan.appeal_changed();

-- A rule that falls silent, or speaks again, says so.
CREATE FUNCTION suyuan.rule_status_changed() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = suyuan, pg_temp
AS $$
BEGIN
    INSERT INTO notice (change, owner_org, subject, kind, state, reason)
        VALUES ('rule', NEW.owner_org, 'rule/' || NEW.rule, 'rule', NEW.level, NEW.remark);
    RETURN NULL;
END
$$;
CREATE TRIGGER rule_status_changed AFTER INSERT OR UPDATE ON suyuan.rule_status
    FOR EACH ROW EXECUTE FUNCTION suyuan.rule_status_changed();

-- What the accused sees of a case: what it is about and how it stands, not the goods' or consumers' whereabouts.
CREATE VIEW suyuan.accused_case WITH (security_barrier = true) AS
SELECT case_id, subject, kind, owner_org, accused_org, opened_at, created_at, updated_at, due_from, answered_at, state,
       reason, findings
FROM suyuan.incident WHERE accused_org = current_setting('suyuan.org', true);

-- The numbers behind it: those of a lane as a whole.
CREATE VIEW suyuan.accused_finding WITH (security_barrier = true) AS
SELECT f.subject, f.kind, f.rule, f.level, f.occurred_at, f.confidence, f.evidence -> 'details' AS details
FROM suyuan.finding AS f JOIN suyuan.incident AS i USING (subject, kind)
WHERE i.accused_org = current_setting('suyuan.org', true) AND f.level = 'alert' AND f.withdrawn_at IS NULL;

-- Deadlines that passed: the authority is asked. Returns how many cases that concerned.
CREATE FUNCTION suyuan.escalate_overdue(days integer) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = suyuan, pg_temp
AS $$
DECLARE
    escalated integer;
BEGIN
    PERFORM set_config('suyuan.actor', 'deadline', true),
            set_config('suyuan.remark', format('%s days without closure', days), true);
    UPDATE incident SET state = 'escalated', updated_at = now()
        WHERE (subject, kind) IN (
            SELECT subject, kind FROM incident
            WHERE state IN ('new', 'active', 'investigating') AND due_from <= now() - make_interval(days => days)
            ORDER BY subject, kind FOR UPDATE SKIP LOCKED);
    GET DIAGNOSTICS escalated = ROW_COUNT;
    PERFORM set_config('suyuan.actor', '', true), set_config('suyuan.remark', '', true);
    RETURN escalated;
END
$$;
REVOKE EXECUTE ON FUNCTION suyuan.last_notice, suyuan.number_notices, suyuan.escalate_overdue FROM PUBLIC;
GRANT EXECUTE ON FUNCTION suyuan.last_notice, suyuan.number_notices TO suyuan_gateway, suyuan_resolver;
GRANT EXECUTE ON FUNCTION suyuan.escalate_overdue TO suyuan_gateway;

GRANT SELECT ON suyuan.rule_status, suyuan.notice, suyuan.subscription TO suyuan_gateway;
GRANT UPDATE (cursor, delivered_at, failures, next_try_at, last_error, paused_at) ON suyuan.subscription
    TO suyuan_gateway;
GRANT INSERT ON suyuan.oversight_log TO suyuan_gateway;
GRANT SELECT ON suyuan.closure_reason, suyuan.case_entry, suyuan.case_file, suyuan.appeal, suyuan.calendar_day,
    suyuan.notice, suyuan.subscription, suyuan.rule_closure, suyuan.rule_status, suyuan.report_photo,
    suyuan.accused_case, suyuan.accused_finding TO suyuan_resolver;
GRANT INSERT ON suyuan.case_entry, suyuan.case_file, suyuan.appeal, suyuan.calendar_day, suyuan.subscription,
    suyuan.rule_closure, suyuan.rule_status, suyuan.report_photo TO suyuan_resolver;
GRANT UPDATE ON suyuan.appeal, suyuan.calendar_day, suyuan.subscription, suyuan.rule_closure, suyuan.rule_status
    TO suyuan_resolver;
GRANT DELETE ON suyuan.subscription, suyuan.rule_closure, suyuan.calendar_day TO suyuan_resolver;

DO $$
DECLARE
    tenant record;
BEGIN
    FOR tenant IN
        SELECT * FROM (VALUES
            ('case_entry', 'owner_org'), ('case_file', 'owner_org'), ('appeal', 'owner_org'), ('notice', 'owner_org'),
            ('subscription', 'org_id'), ('rule_closure', 'owner_org'), ('rule_status', 'owner_org'),
            ('report_photo', 'owner_org')
        ) AS t (tab, col)
    LOOP
        EXECUTE format('ALTER TABLE suyuan.%I ENABLE ROW LEVEL SECURITY', tenant.tab);
        EXECUTE format('CREATE POLICY tenant ON suyuan.%I USING (suyuan.sees(%I))', tenant.tab, tenant.col);
    END LOOP;
END
$$;

-- The accused reads what was shared and what it wrote itself, and writes only in its own name, in its own cases.
CREATE POLICY accused_reads ON suyuan.case_entry FOR SELECT
    USING (accused_org = current_setting('suyuan.org', true) AND (shared OR org_id = accused_org));
CREATE POLICY accused_writes ON suyuan.case_entry FOR INSERT WITH CHECK (
    org_id = current_setting('suyuan.org', true) AND accused_org = org_id
    AND EXISTS (SELECT FROM suyuan.accused_case AS c WHERE c.case_id = case_entry.case_id));
CREATE POLICY accused_reads ON suyuan.case_file FOR SELECT
    USING (accused_org = current_setting('suyuan.org', true) AND (shared OR org_id = accused_org));
CREATE POLICY accused_writes ON suyuan.case_file FOR INSERT WITH CHECK (
    org_id = current_setting('suyuan.org', true) AND accused_org = org_id
    AND EXISTS (SELECT FROM suyuan.accused_case AS c WHERE c.case_id = case_file.case_id));
CREATE POLICY accused_reads ON suyuan.appeal FOR SELECT USING (org_id = current_setting('suyuan.org', true));
CREATE POLICY accused_writes ON suyuan.appeal FOR INSERT WITH CHECK (
    org_id = current_setting('suyuan.org', true) AND state = 'open'
    AND EXISTS (SELECT FROM suyuan.accused_case AS c WHERE c.case_id = appeal.case_id));
CREATE POLICY accused_withdraws ON suyuan.appeal FOR UPDATE
    USING (org_id = current_setting('suyuan.org', true)) WITH CHECK (state = 'withdrawn');
CREATE POLICY accused_hears ON suyuan.notice FOR SELECT USING (accused_org = current_setting('suyuan.org', true));

-- The platform's operator sees every rule's standing and may make a rule speak again; nothing else by this mandate.
CREATE POLICY rules ON suyuan.rule_closure FOR SELECT USING (current_setting('suyuan.mandate', true) = 'rules');
CREATE POLICY rules ON suyuan.rule_status USING (current_setting('suyuan.mandate', true) = 'rules');
