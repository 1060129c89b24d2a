-- Issuing: which codes were handed out for printing, why keys and batches were revoked, covert codes, dynamic tags.

ALTER TABLE suyuan.seal_key ADD COLUMN revocation_reason text CHECK (length(revocation_reason) <= 1000);
ALTER TABLE suyuan.signing_key ADD COLUMN revocation_reason text CHECK (length(revocation_reason) <= 1000);
ALTER TABLE suyuan.batch
    ADD COLUMN revocation_reason text CHECK (length(revocation_reason) <= 1000),
    ADD COLUMN revocation_reason_zh text CHECK (length(revocation_reason_zh) <= 1000);

-- The ledger of issues: a range of a batch's codes, handed out once for printing. The id is the caller's own, so that a
-- request can be repeated after a crash. layer: 'outer', the code on the pack, or 'inner', the covert one inside it.
-- base_url is kept because the same issue must give the same bytes after the platform has moved. reason: why the range
-- was issued again; NULL the first time.
CREATE TABLE suyuan.issue (
    org_id       text NOT NULL,
    issue_id     text NOT NULL CHECK (issue_id ~ '^[A-Za-z0-9._-]{1,64}$'),
    batch_number integer NOT NULL,
    layer        text NOT NULL CHECK (layer IN ('outer', 'inner')),
    indexes      int8range NOT NULL CHECK (NOT isempty(indexes) AND lower_inc(indexes) AND NOT upper_inc(indexes)),
    base_url     text NOT NULL,
    reason       text CHECK (length(reason) BETWEEN 1 AND 1000),
    token_label  text NOT NULL,
    requested_at timestamptz NOT NULL,
    streams      integer NOT NULL DEFAULT 0,
    streamed_at  timestamptz,
    finished_at  timestamptz,
    PRIMARY KEY (org_id, issue_id),
    FOREIGN KEY (org_id, batch_number) REFERENCES suyuan.batch
);
CREATE INDEX ON suyuan.issue (org_id, batch_number, layer);

-- A unit's covert code was laid bare: the first time, and how often since. handset: the keyed hash of an install id.
CREATE TABLE suyuan.opening (
    owner_org    text NOT NULL,
    batch_number integer NOT NULL,
    unit_index   bigint NOT NULL,
    item_id      text COLLATE "C" NOT NULL,
    opening_id   uuid NOT NULL,
    opened_at    timestamptz NOT NULL,
    handset      text,
    later        integer NOT NULL DEFAULT 0,
    last_at      timestamptz NOT NULL,
    PRIMARY KEY (owner_org, batch_number, unit_index)
);

-- NTAG 424 DNA tags on units, and each message of theirs that was presented: a tag counts its own reads.
CREATE TABLE suyuan.tag (
    uid        bytea PRIMARY KEY CHECK (length(uid) = 7),
    org_id     text NOT NULL REFERENCES suyuan.organisation,
    item_id    text COLLATE "C" NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE suyuan.tag_read (
    uid      bytea NOT NULL REFERENCES suyuan.tag,
    counter  integer NOT NULL CHECK (counter BETWEEN 0 AND 16777215),
    org_id   text NOT NULL,
    read_at  timestamptz NOT NULL,
    handset  text,
    PRIMARY KEY (uid, counter)
);

GRANT SELECT ON suyuan.issue, suyuan.opening, suyuan.tag, suyuan.tag_read TO suyuan_gateway;
GRANT SELECT, INSERT, UPDATE ON suyuan.issue, suyuan.opening TO suyuan_resolver;
GRANT SELECT, INSERT ON suyuan.tag, suyuan.tag_read TO suyuan_resolver;

DO $$
DECLARE
    tenant record;
BEGIN
    FOR tenant IN
        SELECT * FROM (VALUES ('issue', 'org_id'), ('opening', 'owner_org'), ('tag', 'org_id'), ('tag_read', 'org_id'))
            AS t (tab, col)
    LOOP
        EXECUTE format('ALTER TABLE suyuan.%I ENABLE ROW LEVEL SECURITY', tenant.tab);
        EXECUTE format('CREATE POLICY tenant ON suyuan.%I USING (suyuan.sees(%I))', tenant.tab, tenant.col);
    END LOOP;
END
$$;
