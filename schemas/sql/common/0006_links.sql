-- What a resolver needs beside units: links, delegations, other identifier systems, scan counts, guessing.

-- One row a version of a link. anchor is a canonical path without its leading slash: '01/{gtin}', '01/{gtin}/10/{lot}'.
-- slot names the link among those of its anchor; what stands in a slot is replaced by retiring it. roles empty = public.
-- No foreign key: rows come by the hundred thousand, and org_id is whose token brought them.
CREATE TABLE suyuan.link (
    anchor      text COLLATE "C" NOT NULL CHECK (length(anchor) <= 512),
    slot        text COLLATE "C" NOT NULL CHECK (length(slot) BETWEEN 1 AND 64),
    version     integer NOT NULL CHECK (version > 0),
    org_id      text NOT NULL,
    link_type   text NOT NULL CHECK (length(link_type) <= 256),
    href        text NOT NULL CHECK (href ~ '^https?://' AND length(href) <= 2048),
    title       text NOT NULL CHECK (length(title) BETWEEN 1 AND 200),
    hreflang    text[] NOT NULL DEFAULT '{}',
    media_type  text,
    context     text[] NOT NULL DEFAULT '{}',
    forwards_query boolean NOT NULL DEFAULT true,
    is_default  boolean NOT NULL DEFAULT false,
    roles       text[] NOT NULL DEFAULT '{}',
    valid_from  timestamptz NOT NULL,
    valid_until timestamptz CHECK (valid_until > valid_from),
    digest      bytea NOT NULL CHECK (length(digest) = 16),
    created_at  timestamptz NOT NULL,
    retired_at  timestamptz,
    PRIMARY KEY (anchor, slot, version)
);
CREATE UNIQUE INDEX link_standing ON suyuan.link (anchor, slot) WHERE retired_at IS NULL;
CREATE INDEX ON suyuan.link (org_id, anchor);

-- Whose identifiers another resolver answers for. pattern is the beginning of a canonical path. fetched: we ask it and
-- pass its answer on as its own; otherwise whoever asks is sent there.
CREATE TABLE suyuan.delegation (
    pattern    text COLLATE "C" PRIMARY KEY CHECK (length(pattern) BETWEEN 4 AND 256),
    resolver   text NOT NULL CHECK (resolver ~ '^https?://'),
    title      text NOT NULL,
    fetched    boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now()
);

-- Other identifier systems as operators' data. form is a template of a canonical path in which {suffix} stands for what
-- follows the prefix; resolver is the platform that answers for the prefix instead.
CREATE TABLE suyuan.identifier_space (
    scheme     text NOT NULL CHECK (scheme IN ('ecode', 'handle', 'oid', 'iso15459')),
    prefix     text COLLATE "C" NOT NULL CHECK (length(prefix) BETWEEN 1 AND 128),
    title      text NOT NULL,
    form       text,
    resolver   text CHECK (resolver ~ '^https?://'),
    org_id     text REFERENCES suyuan.organisation,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (scheme, prefix),
    CHECK ((form IS NULL) <> (resolver IS NULL))
);

-- Scans a product, hour, language and market: what makers see. Counted as they come in; no person is in it.
CREATE TABLE suyuan.scan_count (
    org_id   text NOT NULL,
    gtin     text NOT NULL,
    hour     timestamptz NOT NULL,
    language text NOT NULL,
    market   text NOT NULL,
    verdict  text NOT NULL,
    scans    bigint NOT NULL,
    firsts   bigint NOT NULL,
    PRIMARY KEY (org_id, gtin, hour, language, market, verdict)
);

-- Who tries serials until one fits: a network's address, keyed and rotated daily, and how many it tried.
CREATE TABLE suyuan.enumeration (
    enumeration_id uuid PRIMARY KEY,
    org_id     text NOT NULL,
    gtin       text NOT NULL,
    network    text NOT NULL,
    began_at   timestamptz NOT NULL,
    ended_at   timestamptz NOT NULL,
    guesses    integer NOT NULL CHECK (guesses > 0)
);
CREATE INDEX ON suyuan.enumeration (org_id, ended_at);

ALTER TABLE suyuan.link ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON suyuan.link USING (suyuan.sees(org_id)) WITH CHECK (org_id = current_setting('suyuan.org', true));
ALTER TABLE suyuan.scan_count ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON suyuan.scan_count USING (suyuan.sees(org_id));
ALTER TABLE suyuan.enumeration ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON suyuan.enumeration USING (suyuan.sees(org_id));

GRANT SELECT, INSERT, UPDATE ON suyuan.link, suyuan.delegation, suyuan.identifier_space, suyuan.scan_count,
    suyuan.enumeration TO suyuan_resolver;
GRANT DELETE ON suyuan.delegation, suyuan.identifier_space TO suyuan_resolver;
GRANT SELECT ON suyuan.enumeration TO suyuan_gateway;

-- What is kept of consumers: forgotten on demand (one handset's hash) or after a time. The events stay, the person goes.
CREATE FUNCTION suyuan.forget_handset(pseudonym text) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = suyuan, pg_temp
AS $$
DECLARE
    forgotten bigint;
    waiting bigint;
BEGIN
    UPDATE event SET handset = NULL, latitude = NULL, longitude = NULL, radius_m = NULL, source = NULL
    WHERE audience = 'consumer' AND handset = pseudonym;
    GET DIAGNOSTICS forgotten = ROW_COUNT;
    UPDATE outbox SET scan = scan || '{"handset": null, "latitude": null, "longitude": null, "radius_m": null, "source": null}'
    WHERE scan ->> 'handset' = pseudonym;
    GET DIAGNOSTICS waiting = ROW_COUNT;
    RETURN forgotten + waiting;
END
$$;

CREATE FUNCTION suyuan.expire_consumers(older_than timestamptz) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = suyuan, pg_temp
AS $$
DECLARE
    expired bigint;
BEGIN
    UPDATE event SET handset = NULL, latitude = NULL, longitude = NULL, radius_m = NULL, source = NULL
    WHERE audience = 'consumer' AND recorded_at < older_than AND (handset IS NOT NULL OR latitude IS NOT NULL);
    GET DIAGNOSTICS expired = ROW_COUNT;
    UPDATE consumer_report SET place = '', remark = '', price_fen = NULL
    WHERE created_at < older_than AND (place <> '' OR remark <> '' OR price_fen IS NOT NULL);
    RETURN expired;
END
$$;

REVOKE ALL ON FUNCTION suyuan.forget_handset(text), suyuan.expire_consumers(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION suyuan.forget_handset(text), suyuan.expire_consumers(timestamptz) TO suyuan_resolver;
