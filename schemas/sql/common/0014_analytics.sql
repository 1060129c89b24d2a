-- Consumers' reports of one maker within a time: what analytics counts, without reading everybody's reports.
CREATE INDEX ON suyuan.consumer_report (owner_org, created_at);
