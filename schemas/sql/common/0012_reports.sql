-- What assessing has to say that is no finding: where codes leak, what share of a batch is copied, how long lanes take,
-- where the thresholds stand. One row each, written anew when it changes.
CREATE TABLE suyuan.assessment_report (
    owner_org text NOT NULL REFERENCES suyuan.organisation,
    topic     text NOT NULL CHECK (topic IN ('leak', 'batch', 'transit', 'calibration')),
    subject   text COLLATE "C" NOT NULL,
    report    jsonb NOT NULL,
    made_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (owner_org, topic, subject)
);
GRANT SELECT, INSERT, UPDATE, DELETE ON suyuan.assessment_report TO suyuan_gateway;
GRANT SELECT ON suyuan.assessment_report TO suyuan_resolver;
ALTER TABLE suyuan.assessment_report ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON suyuan.assessment_report USING (suyuan.sees(owner_org));
