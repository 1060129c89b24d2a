-- Reports by people whose goods carry a code that nobody here issued. Whoever reports can make the code up, so that these
-- speak of a product and never of a unit, stand apart from reports of authentic codes, and are counted; the words of a few
-- are kept. owner_org '': of no organisation here. gtin '-': of no registered product. day: UTC.

CREATE TABLE suyuan.false_report_day (
    owner_org text NOT NULL,
    day       date NOT NULL,
    gtin      text COLLATE "C" NOT NULL,
    reports   bigint NOT NULL CHECK (reports > 0),
    networks  integer NOT NULL DEFAULT 0,
    PRIMARY KEY (owner_org, day, gtin)
);
CREATE INDEX ON suyuan.false_report_day (day);

-- network: a pseudonym of that day; '+' for all beyond the day's limit.
CREATE TABLE suyuan.false_report_network (
    owner_org text NOT NULL,
    day       date NOT NULL,
    gtin      text COLLATE "C" NOT NULL,
    network   text COLLATE "C" NOT NULL,
    reports   bigint NOT NULL CHECK (reports > 0),
    PRIMARY KEY (owner_org, day, gtin, network)
);
CREATE INDEX ON suyuan.false_report_network (day);

CREATE TABLE suyuan.false_report (
    report_id  uuid PRIMARY KEY,
    owner_org  text NOT NULL,
    day        date NOT NULL,
    gtin       text COLLATE "C" NOT NULL,
    network    text COLLATE "C" NOT NULL,
    item_id    text COLLATE "C" NOT NULL,
    proof      text NOT NULL,
    suspicion  text NOT NULL,
    place      text NOT NULL,
    price_fen  bigint,
    remark     text NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE INDEX ON suyuan.false_report (owner_org, day, gtin);
CREATE INDEX ON suyuan.false_report (day);

GRANT SELECT, INSERT, UPDATE, DELETE ON suyuan.false_report_day, suyuan.false_report_network TO suyuan_resolver;
GRANT SELECT, INSERT, DELETE ON suyuan.false_report TO suyuan_resolver;

DO $$
DECLARE
    tab text;
BEGIN
    FOREACH tab IN ARRAY ARRAY['false_report_day', 'false_report_network', 'false_report'] LOOP
        EXECUTE format('ALTER TABLE suyuan.%I ENABLE ROW LEVEL SECURITY', tab);
        EXECUTE format('CREATE POLICY tenant ON suyuan.%I USING (suyuan.sees(owner_org))', tab);
    END LOOP;
END
$$;
