-- Organisations, who may act for them, and what they make. Forward only: a later change is a later file.

CREATE SCHEMA IF NOT EXISTS suyuan;

-- What a session may see. The resolver sets suyuan.org and suyuan.mandate for each transaction; one that sets neither
-- sees nothing. Mandates: 'public' (a consumer's look at one item), 'oversight' (a regulator's, logged). The gateway
-- judges everybody's goods.
CREATE FUNCTION suyuan.sees(org text) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN org = current_setting('suyuan.org', true)
        OR coalesce(current_setting('suyuan.mandate', true), '') IN ('public', 'oversight')
        OR current_user = 'suyuan_gateway';

CREATE TABLE suyuan.organisation (
    org_id     text PRIMARY KEY CHECK (org_id ~ '^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$'),
    name       text NOT NULL,
    name_zh    text NOT NULL,
    kind       text NOT NULL CHECK (kind IN ('maker', 'dealer', 'regulator', 'operator')),
    created_at timestamptz NOT NULL DEFAULT now()
);

-- GS1 company prefixes: whose GTINs begin so.
CREATE TABLE suyuan.company_prefix (
    prefix text PRIMARY KEY CHECK (prefix ~ '^[0-9]{4,12}$'),
    org_id text NOT NULL REFERENCES suyuan.organisation
);

-- Sealing keys are derived from the root secret; here stands only which numbers are in use, and which are revoked.
CREATE TABLE suyuan.seal_key (
    org_id     text NOT NULL REFERENCES suyuan.organisation,
    key_number smallint NOT NULL CHECK (key_number BETWEEN 0 AND 15),
    created_at timestamptz NOT NULL DEFAULT now(),
    revoked_at timestamptz,
    PRIMARY KEY (org_id, key_number)
);

CREATE TABLE suyuan.signing_key (
    kid        text PRIMARY KEY CHECK (kid ~ '^[0-9A-HJKMNP-TV-Z]{2}$'),
    org_id     text NOT NULL REFERENCES suyuan.organisation,
    public_key bytea NOT NULL CHECK (length(public_key) = 32),
    not_before timestamptz NOT NULL,
    not_after  timestamptz NOT NULL CHECK (not_after > not_before),
    revoked_at timestamptz
);

-- Counts every change of issuers' keys and prefixes: a process that checks codes asks for this one number, and reads the
-- keys again when it has moved. A new organisation's codes, or a revocation, so count from the next transaction on.
CREATE TABLE suyuan.key_epoch (epoch bigint NOT NULL);
INSERT INTO suyuan.key_epoch VALUES (0);

CREATE FUNCTION suyuan.keys_changed() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = suyuan, pg_temp
AS $$
BEGIN
    UPDATE suyuan.key_epoch SET epoch = epoch + 1;
    RETURN NULL;
END
$$;

CREATE TRIGGER keys_changed AFTER INSERT OR UPDATE OR DELETE ON suyuan.company_prefix
    FOR EACH STATEMENT EXECUTE FUNCTION suyuan.keys_changed();
CREATE TRIGGER keys_changed AFTER INSERT OR UPDATE OR DELETE ON suyuan.seal_key
    FOR EACH STATEMENT EXECUTE FUNCTION suyuan.keys_changed();
CREATE TRIGGER keys_changed AFTER INSERT OR UPDATE OR DELETE ON suyuan.signing_key
    FOR EACH STATEMENT EXECUTE FUNCTION suyuan.keys_changed();

-- API tokens: only their SHA-256 is kept. A token has 256 random bits, so a slow hash would protect nothing more.
CREATE TABLE suyuan.api_token (
    token_hash bytea PRIMARY KEY CHECK (length(token_hash) = 32),
    org_id     text NOT NULL REFERENCES suyuan.organisation,
    role       text NOT NULL CHECK (role IN ('maker', 'dealer', 'regulator', 'operator')),
    label      text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz,
    revoked_at timestamptz
);

-- Read points: plants, distribution centres, dealers, shops.
CREATE TABLE suyuan.site (
    site_id   text PRIMARY KEY CHECK (length(site_id) <= 128),
    org_id    text NOT NULL REFERENCES suyuan.organisation,
    name      text NOT NULL,
    name_zh   text NOT NULL,
    kind      text NOT NULL CHECK (kind IN ('plant', 'dc', 'dealer', 'shop', 'other')),
    latitude  double precision NOT NULL CHECK (latitude BETWEEN -90 AND 90),
    longitude double precision NOT NULL CHECK (longitude BETWEEN -180 AND 180)
);

-- Markets: the areas in which consumers' scans are counted and to which batches are assigned.
CREATE TABLE suyuan.market (
    market_id text PRIMARY KEY,
    name      text NOT NULL,
    name_zh   text NOT NULL,
    latitude  double precision NOT NULL CHECK (latitude BETWEEN -90 AND 90),
    longitude double precision NOT NULL CHECK (longitude BETWEEN -180 AND 180),
    radius_km double precision NOT NULL CHECK (radius_km > 0)
);

CREATE TABLE suyuan.product (
    gtin       text PRIMARY KEY CHECK (gtin ~ '^[0-9]{14}$'),
    org_id     text NOT NULL REFERENCES suyuan.organisation,
    name       text NOT NULL,
    name_zh    text NOT NULL,
    category   text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now()
);

-- A batch of any size is one row: its units' codes follow from its number. territory: market ids; empty = anywhere.
CREATE TABLE suyuan.batch (
    org_id          text NOT NULL REFERENCES suyuan.organisation,
    batch_number    integer NOT NULL CHECK (batch_number BETWEEN 0 AND 67108863),
    gtin            text NOT NULL REFERENCES suyuan.product,
    lot             text NOT NULL CHECK (length(lot) BETWEEN 1 AND 20),
    quantity        bigint NOT NULL CHECK (quantity BETWEEN 1 AND 1000000000),
    key_number      smallint NOT NULL,
    grade           text NOT NULL CHECK (grade IN ('sealed', 'signed')),
    kid             text REFERENCES suyuan.signing_key,
    produced_on     date NOT NULL,
    expires_on      date CHECK (expires_on >= produced_on),
    territory       text[] NOT NULL DEFAULT '{}',
    created_at      timestamptz NOT NULL DEFAULT now(),
    revoked_at      timestamptz,
    recalled_at     timestamptz,
    recall_reason   text,
    recall_reason_zh text,
    PRIMARY KEY (org_id, batch_number),
    UNIQUE (gtin, lot),
    FOREIGN KEY (org_id, key_number) REFERENCES suyuan.seal_key,
    CHECK ((grade = 'signed') = (kid IS NOT NULL))
);

-- Which index ranges were commissioned (applied to goods, or at least released for it), and when.
CREATE TABLE suyuan.commissioning (
    org_id          text NOT NULL,
    batch_number    integer NOT NULL,
    indexes         int8range NOT NULL CHECK (NOT isempty(indexes) AND lower_inc(indexes) AND NOT upper_inc(indexes)),
    commissioned_at timestamptz NOT NULL,
    site_id         text REFERENCES suyuan.site,
    PRIMARY KEY (org_id, batch_number, indexes),
    FOREIGN KEY (org_id, batch_number) REFERENCES suyuan.batch
);

-- Readers: each with its keys. A key's id is what the envelope's protected header carries.
CREATE TABLE suyuan.reader (
    org_id     text NOT NULL REFERENCES suyuan.organisation,
    reader_id  text NOT NULL CHECK (reader_id ~ '^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$'),
    site_id    text REFERENCES suyuan.site,
    created_at timestamptz NOT NULL DEFAULT now(),
    revoked_at timestamptz,
    PRIMARY KEY (org_id, reader_id)
);

CREATE TABLE suyuan.reader_key (
    org_id     text NOT NULL,
    reader_id  text NOT NULL,
    kid        bytea NOT NULL CHECK (length(kid) BETWEEN 1 AND 32),
    public_key bytea NOT NULL CHECK (length(public_key) = 32),
    created_at timestamptz NOT NULL DEFAULT now(),
    revoked_at timestamptz,
    PRIMARY KEY (org_id, reader_id, kid),
    FOREIGN KEY (org_id, reader_id) REFERENCES suyuan.reader
);
