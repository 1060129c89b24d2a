-- What happened, what follows from it, and what could not be used.
-- Every unique key of a partitioned or distributed table contains the item id and the event time, so that native
-- partitions, TimescaleDB and Citus all accept it. Table "event" itself is made by each profile's own file.

-- One row per batch of events that was taken in: makes a batch idempotent and its receipt repeatable.
CREATE TABLE suyuan.event_batch (
    org_id      text NOT NULL,
    reader_id   text NOT NULL,
    sequence    bigint NOT NULL,
    digest      bytea NOT NULL CHECK (length(digest) = 32),
    recorded_at timestamptz NOT NULL,
    stored      integer NOT NULL,
    duplicate   integer NOT NULL,
    rejected    integer NOT NULL,
    rejections  jsonb NOT NULL DEFAULT '[]',
    PRIMARY KEY (org_id, reader_id, sequence)
);

-- Containment: what was put into or taken out of what. Intervals follow from the marks in event time, so that a late
-- mark needs no repair of stored intervals.
CREATE TABLE suyuan.containment_mark (
    item_id     text COLLATE "C" NOT NULL,
    occurred_at timestamptz NOT NULL,
    event_id    uuid NOT NULL,
    parent_id   text COLLATE "C" NOT NULL,
    packed      boolean NOT NULL,
    PRIMARY KEY (item_id, occurred_at, event_id)
);
CREATE INDEX ON suyuan.containment_mark (parent_id, occurred_at);

-- What an item was in, and for how long. A function, not a view over a window: the planner can't push an item id that
-- it learns in a join below a window, and would number every mark there is.
CREATE FUNCTION suyuan.containers_of(item text)
    RETURNS TABLE (parent_id text, event_id uuid, since timestamptz, until timestamptz)
    LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT mark.parent_id, mark.event_id, mark.since, mark.until
    FROM (
        SELECT m.parent_id, m.event_id, m.packed, m.occurred_at AS since,
               coalesce(lead(m.occurred_at) OVER (ORDER BY m.occurred_at, m.event_id), 'infinity') AS until
        FROM suyuan.containment_mark AS m
        WHERE m.item_id = item
    ) AS mark
    WHERE mark.packed;
END;

-- One row per item that was ever observed. Locked, in item order, while its history is judged.
CREATE TABLE suyuan.item_state (
    item_id      text COLLATE "C" PRIMARY KEY,
    owner_org    text NOT NULL,
    proof        text NOT NULL,
    batch_number integer,
    unit_index   bigint,
    first_seen   timestamptz NOT NULL,
    last_seen    timestamptz NOT NULL,
    events       integer NOT NULL,
    scans        integer NOT NULL
);
CREATE INDEX ON suyuan.item_state (owner_org, batch_number);

-- Where a unit's first consumer session was: one row per unit, the ground of lane statistics.
CREATE TABLE suyuan.first_scan (
    item_id     text COLLATE "C" PRIMARY KEY,
    owner_org   text NOT NULL,
    dealer_id   text NOT NULL,
    market_id   text NOT NULL,
    off_territory boolean NOT NULL,
    occurred_at timestamptz NOT NULL
);
CREATE INDEX ON suyuan.first_scan (dealer_id, market_id);

-- Findings of rules about a subject: an item id, 'lane/{owner}/{dealer}/{market}' or 'reader/{org}/{reader}'.
-- A finding's identity is a hash of rule, subject and evidence; what later evidence takes back is withdrawn, not deleted.
CREATE TABLE suyuan.finding (
    subject      text COLLATE "C" NOT NULL,
    occurred_at  timestamptz NOT NULL,
    finding_id   bytea NOT NULL CHECK (length(finding_id) = 16),
    owner_org    text NOT NULL,
    rule         text NOT NULL,
    kind         text NOT NULL,
    level        text NOT NULL CHECK (level IN ('fact', 'watch', 'alert')),
    confidence   double precision NOT NULL CHECK (confidence BETWEEN 0 AND 1),
    evidence     jsonb NOT NULL,
    detected_at  timestamptz NOT NULL DEFAULT now(),
    withdrawn_at timestamptz,
    PRIMARY KEY (subject, occurred_at, finding_id)
);
CREATE INDEX ON suyuan.finding (owner_org, detected_at);

-- What asks a person to act: the alerts about one subject with one suspected cause, as one.
CREATE TABLE suyuan.incident (
    subject    text COLLATE "C" NOT NULL,
    kind       text NOT NULL,
    owner_org  text NOT NULL,
    opened_at  timestamptz NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now(),
    findings   integer NOT NULL,
    state      text NOT NULL DEFAULT 'new' CHECK (state IN ('new', 'active', 'investigating', 'escalated', 'closed')),
    PRIMARY KEY (subject, kind)
);
CREATE INDEX ON suyuan.incident (owner_org, updated_at);

-- What was received and could not be used, whole or in part, with the reasons, so that it can be replayed.
CREATE TABLE suyuan.dead_message (
    digest      bytea PRIMARY KEY CHECK (length(digest) = 32),
    topic       text NOT NULL,
    received_at timestamptz NOT NULL,
    message     bytea NOT NULL,
    replayed_at timestamptz
);

-- position: which event of the message (from 0), or -1 for the message as a whole.
CREATE TABLE suyuan.dead_letter (
    digest   bytea NOT NULL REFERENCES suyuan.dead_message ON DELETE CASCADE,
    position integer NOT NULL CHECK (position >= -1),
    reason   text NOT NULL,
    detail   text NOT NULL,
    PRIMARY KEY (digest, position)
);

-- Consumers' scans and reports, left by the resolver for the gateway.
CREATE TABLE suyuan.outbox (
    outbox_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    created_at timestamptz NOT NULL DEFAULT now(),
    scan       jsonb NOT NULL
);

-- What a consumer says of a unit: evidence, not a verdict.
CREATE TABLE suyuan.consumer_report (
    report_id  uuid PRIMARY KEY,
    item_id    text COLLATE "C" NOT NULL,
    owner_org  text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    suspicion  text NOT NULL CHECK (length(suspicion) <= 40),
    place      text NOT NULL DEFAULT '' CHECK (length(place) <= 200),
    price_fen  bigint CHECK (price_fen >= 0),
    remark     text NOT NULL DEFAULT '' CHECK (length(remark) <= 2000)
);
CREATE INDEX ON suyuan.consumer_report (item_id);

-- Each look of a regulator across organisations.
CREATE TABLE suyuan.oversight_log (
    log_id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    looked_at  timestamptz NOT NULL DEFAULT now(),
    org_id     text NOT NULL,
    token_label text NOT NULL,
    request    text NOT NULL
);
