-- Consumers' reports are evidence, so that assessing has to know whose words they are and when they come.

-- The keyed hashes of the phone that reported, and of its network (another one every day); none for older reports.
ALTER TABLE suyuan.consumer_report ADD COLUMN reporter text, ADD COLUMN network text;

-- What is kept of an item's reports, bounded: time (microseconds), reporter, what is suspected, price in fen (0: none),
-- network.
ALTER TABLE suyuan.item_evidence ADD COLUMN reports jsonb NOT NULL DEFAULT '[]';

-- A report is no event, and neither is its being forgotten.
CREATE FUNCTION suyuan.report_is_due() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = suyuan, pg_temp
AS $$
BEGIN
    INSERT INTO assessment_due VALUES (NEW.item_id);
    RETURN NULL;
END
$$;
CREATE TRIGGER report_is_due AFTER INSERT OR UPDATE OF reporter, network, price_fen ON suyuan.consumer_report
    FOR EACH ROW EXECUTE FUNCTION suyuan.report_is_due();
INSERT INTO suyuan.assessment_due SELECT DISTINCT item_id FROM suyuan.consumer_report;

CREATE INDEX ON suyuan.consumer_report (reporter) WHERE reporter IS NOT NULL;
