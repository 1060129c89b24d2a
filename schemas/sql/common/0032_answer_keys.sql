-- Keys of signed answers and evidence bundles, with when each signed: what an old key signed is checked with it for as long as
-- its file is kept. Public keys are the platform's common ground. not_before NULL: it signed before there was a history;
-- not_after NULL: some resolver signs with it.
CREATE TABLE suyuan.answer_key (
    key_id            text PRIMARY KEY CHECK (key_id ~ '^[A-Za-z0-9_-]{43}$'),
    public_key        bytea NOT NULL CHECK (length(public_key) = 32),
    not_before        timestamptz DEFAULT now(),
    not_after         timestamptz,
    revoked_at        timestamptz,
    revocation_reason text CHECK (length(revocation_reason) <= 1000)
);
GRANT SELECT, INSERT, UPDATE ON suyuan.answer_key TO suyuan_resolver;
