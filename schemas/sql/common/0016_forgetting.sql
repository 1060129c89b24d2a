-- Who is forgotten goes from everything that was made of the events as well: from what rules remember of an item (it is
-- judged anew with its next event), from the extract that assessing keeps (it is read anew), from reports, openings and
-- reads of tags, and from scans that the gateway could not use.
CREATE FUNCTION suyuan.forget_in_items(items text[]) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = suyuan, pg_temp
BEGIN ATOMIC
    UPDATE suyuan.item_state SET folded = NULL, folded_at = NULL, folded_id = NULL, facts = NULL
    WHERE item_id = ANY (items);
    DELETE FROM suyuan.item_evidence WHERE item_id = ANY (items);
    INSERT INTO suyuan.assessment_due SELECT DISTINCT unnest(items);
END;
REVOKE ALL ON FUNCTION suyuan.forget_in_items(text[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION suyuan.forget_handset(pseudonym text) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = suyuan, pg_temp
AS $$
DECLARE
    looked_at text[];
    waiting bigint;
    reported bigint;
BEGIN
    WITH forgotten AS (
        UPDATE event SET handset = NULL, latitude = NULL, longitude = NULL, radius_m = NULL, source = NULL
        WHERE audience = 'consumer' AND handset = pseudonym
        RETURNING item_id
    )
    SELECT coalesce(array_agg(item_id), '{}') INTO looked_at FROM forgotten;
    UPDATE outbox SET scan = scan || '{"handset": null, "latitude": null, "longitude": null, "radius_m": null, "source": null}'
    WHERE scan ->> 'handset' = pseudonym;
    GET DIAGNOSTICS waiting = ROW_COUNT;
    UPDATE consumer_report SET reporter = NULL, network = NULL, place = '', remark = '' WHERE reporter = pseudonym;
    GET DIAGNOSTICS reported = ROW_COUNT;
    UPDATE opening SET handset = NULL WHERE handset = pseudonym;
    UPDATE tag_read SET handset = NULL WHERE handset = pseudonym;
    DELETE FROM dead_message WHERE topic = 'outbox' AND position(convert_to(pseudonym, 'UTF8') IN message) > 0;
    PERFORM forget_in_items(looked_at || ARRAY (SELECT item_id FROM item_evidence
                                                WHERE looks @? format('$[*] ? (@[1] == %s)', to_json(pseudonym))::jsonpath));
    RETURN cardinality(looked_at) + waiting + reported;
END
$$;

CREATE OR REPLACE FUNCTION suyuan.expire_consumers(older_than timestamptz) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = suyuan, pg_temp
AS $$
DECLARE
    looked_at text[];
BEGIN
    WITH expired AS (
        UPDATE event SET handset = NULL, latitude = NULL, longitude = NULL, radius_m = NULL, source = NULL
        WHERE audience = 'consumer' AND recorded_at < older_than AND (handset IS NOT NULL OR latitude IS NOT NULL)
        RETURNING item_id
    )
    SELECT coalesce(array_agg(item_id), '{}') INTO looked_at FROM expired;
    UPDATE consumer_report SET place = '', remark = '', price_fen = NULL, reporter = NULL, network = NULL
    WHERE created_at < older_than
      AND (place <> '' OR remark <> '' OR price_fen IS NOT NULL OR reporter IS NOT NULL OR network IS NOT NULL);
    UPDATE opening SET handset = NULL WHERE opened_at < older_than AND handset IS NOT NULL;
    UPDATE tag_read SET handset = NULL WHERE read_at < older_than AND handset IS NOT NULL;
    DELETE FROM dead_message WHERE topic = 'outbox' AND received_at < older_than;
    PERFORM forget_in_items(looked_at);
    RETURN cardinality(looked_at);
END
$$;
