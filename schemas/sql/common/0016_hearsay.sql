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

-- A person who is forgotten, or whose time is over, goes from reports too.
CREATE OR REPLACE FUNCTION suyuan.forget_handset(pseudonym text) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = suyuan, pg_temp
AS $$
DECLARE
    forgotten bigint;
    waiting bigint;
    reported bigint;
BEGIN
    UPDATE event SET handset = NULL, latitude = NULL, longitude = NULL, radius_m = NULL, source = NULL
    WHERE audience = 'consumer' AND handset = pseudonym;
    GET DIAGNOSTICS forgotten = ROW_COUNT;
    UPDATE outbox SET scan = scan || '{"handset": null, "latitude": null, "longitude": null, "radius_m": null, "source": null}'
    WHERE scan ->> 'handset' = pseudonym;
    GET DIAGNOSTICS waiting = ROW_COUNT;
    UPDATE consumer_report SET reporter = NULL, network = NULL, place = '', remark = '' WHERE reporter = pseudonym;
    GET DIAGNOSTICS reported = ROW_COUNT;
    RETURN forgotten + waiting + reported;
END
$$;
CREATE INDEX ON suyuan.consumer_report (reporter) WHERE reporter IS NOT NULL;

CREATE OR REPLACE FUNCTION suyuan.expire_consumers(older_than timestamptz) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = suyuan, pg_temp
AS $$
DECLARE
    expired bigint;
BEGIN
    UPDATE event SET handset = NULL, latitude = NULL, longitude = NULL, radius_m = NULL, source = NULL
    WHERE audience = 'consumer' AND recorded_at < older_than AND (handset IS NOT NULL OR latitude IS NOT NULL);
    GET DIAGNOSTICS expired = ROW_COUNT;
    UPDATE consumer_report SET place = '', remark = '', price_fen = NULL, reporter = NULL, network = NULL
    WHERE created_at < older_than
      AND (place <> '' OR remark <> '' OR price_fen IS NOT NULL OR reporter IS NOT NULL OR network IS NOT NULL);
    RETURN expired;
END
$$;
