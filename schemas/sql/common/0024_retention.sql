-- Persons go from what is kept: each after a time, and a phone's on demand. Both in steps, each a transaction of its own, so
-- that no lock lasts; and from all that was made of the events as well.

-- What finds the next step's rows. A row without a person is in none of them.
CREATE INDEX event_with_person ON suyuan.event (recorded_at)
    WHERE audience = 'consumer' AND (handset IS NOT NULL OR latitude IS NOT NULL OR network IS NOT NULL);
CREATE INDEX event_handset ON suyuan.event (handset) WHERE handset IS NOT NULL;
CREATE INDEX ON suyuan.consumer_report (created_at)
    WHERE place <> '' OR remark <> '' OR price_fen IS NOT NULL OR reporter IS NOT NULL OR network IS NOT NULL;
CREATE INDEX ON suyuan.report_photo (created_at);
CREATE INDEX ON suyuan.opening (opened_at) WHERE handset IS NOT NULL OR latitude IS NOT NULL OR network IS NOT NULL;
CREATE INDEX ON suyuan.opening (handset) WHERE handset IS NOT NULL;
CREATE INDEX ON suyuan.opening (opening_id);
CREATE INDEX ON suyuan.tag_read (read_at) WHERE handset IS NOT NULL;
CREATE INDEX ON suyuan.tag_read (handset) WHERE handset IS NOT NULL;
CREATE INDEX ON suyuan.dead_message (received_at) WHERE topic = 'outbox';

-- When a person was last taken out of an item's events. What was found before stands: what it rests on can't be read again,
-- so that judging anew would take it back. A case is decided by people.
ALTER TABLE suyuan.item_state ADD COLUMN forgotten_at timestamptz;

CREATE OR REPLACE FUNCTION suyuan.forget_in_items(items text[]) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = suyuan, pg_temp
BEGIN ATOMIC
    UPDATE suyuan.item_state SET folded = NULL, folded_at = NULL, folded_id = NULL, facts = NULL, forgotten_at = now()
    WHERE item_id = ANY (items);
    DELETE FROM suyuan.item_evidence WHERE item_id = ANY (items);
    INSERT INTO suyuan.assessment_due SELECT DISTINCT unnest(items);
END;

-- Held shared while extracts of evidence are read and written, so that none is written of what is forgotten meanwhile.
CREATE FUNCTION suyuan.lock_extracts(forgetting boolean) RETURNS void
    LANGUAGE plpgsql
AS $$
BEGIN
    IF forgetting THEN
        PERFORM pg_advisory_xact_lock(hashtextextended('suyuan/extracts', 0));
    ELSE
        PERFORM pg_advisory_xact_lock_shared(hashtextextended('suyuan/extracts', 0));
    END IF;
END
$$;

-- Takes the person out of these events. Items are locked first, in the order in which judging locks them.
CREATE FUNCTION suyuan.forget_in_events(items text[], times timestamptz[], ids uuid[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = suyuan, pg_temp
AS $$
BEGIN
    PERFORM FROM item_state WHERE item_id = ANY (items) ORDER BY item_id FOR UPDATE;
    UPDATE event SET handset = NULL, latitude = NULL, longitude = NULL, radius_m = NULL, source = NULL, network = NULL,
                     operator = NULL
    FROM unnest(items, times, ids) AS gone (item_id, occurred_at, event_id)
    WHERE event.item_id = gone.item_id AND event.occurred_at = gone.occurred_at AND event.event_id = gone.event_id;
    PERFORM forget_in_items(items);
END
$$;

-- Takes the person out of these reports, whose photos go.
CREATE FUNCTION suyuan.forget_in_reports(ids uuid[]) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = suyuan, pg_temp
BEGIN ATOMIC
    DELETE FROM suyuan.item_evidence
    WHERE item_id IN (SELECT item_id FROM suyuan.consumer_report WHERE report_id = ANY (ids));
    DELETE FROM suyuan.report_photo WHERE report_id = ANY (ids);
    UPDATE suyuan.consumer_report SET place = '', remark = '', price_fen = NULL, reporter = NULL, network = NULL
    WHERE report_id = ANY (ids);  -- trigger report_is_due queues their items
END;

-- Takes the person out of these openings.
CREATE FUNCTION suyuan.forget_in_openings(ids uuid[]) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = suyuan, pg_temp
BEGIN ATOMIC
    DELETE FROM suyuan.item_evidence
    WHERE item_id IN (SELECT item_id FROM suyuan.opening WHERE opening_id = ANY (ids));
    UPDATE suyuan.opening SET handset = NULL, latitude = NULL, longitude = NULL, radius_m = NULL, source = NULL,
                              network = NULL, operator = NULL
    WHERE opening_id = ANY (ids);
    INSERT INTO suyuan.assessment_due SELECT item_id FROM suyuan.opening WHERE opening_id = ANY (ids);
END;

-- One step of retention of events: at most `most` that happened within a span of time and were recorded before; how many
-- there were, 0 at the end. The span bounds what a columnstore reads. expire_consumers and forget_handset(text) stay for
-- processes of the version before.
CREATE FUNCTION suyuan.expire_events(older_than timestamptz, since timestamptz, until timestamptz, most integer) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = suyuan, pg_temp
AS $$
DECLARE
    items text[];
    times timestamptz[];
    ids uuid[];
BEGIN
    PERFORM lock_extracts(true);
    SELECT array_agg(item_id), array_agg(occurred_at), array_agg(event_id) INTO items, times, ids
    FROM (SELECT item_id, occurred_at, event_id FROM event
          WHERE audience = 'consumer' AND (handset IS NOT NULL OR latitude IS NOT NULL OR network IS NOT NULL)
            AND recorded_at < older_than AND occurred_at >= since AND occurred_at < until
          LIMIT most) AS due;
    IF items IS NULL THEN
        RETURN 0;
    END IF;
    PERFORM forget_in_events(items, times, ids);
    RETURN cardinality(items);
END
$$;

-- The same of all else that names persons: reports and their photos, openings, reads of tags, scans that could not be used.
CREATE FUNCTION suyuan.expire_reports(older_than timestamptz, most integer) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = suyuan, pg_temp
AS $$
DECLARE
    ids uuid[];
    expired bigint;
    more bigint;
BEGIN
    PERFORM lock_extracts(true);
    SELECT array_agg(report_id) INTO ids
    FROM (SELECT report_id FROM consumer_report
          WHERE (place <> '' OR remark <> '' OR price_fen IS NOT NULL OR reporter IS NOT NULL OR network IS NOT NULL)
            AND created_at < older_than
          LIMIT most) AS due;
    PERFORM forget_in_reports(ids);
    expired := coalesce(cardinality(ids), 0);

    SELECT array_agg(opening_id) INTO ids
    FROM (SELECT opening_id FROM opening
          WHERE (handset IS NOT NULL OR latitude IS NOT NULL OR network IS NOT NULL) AND opened_at < older_than
          LIMIT most) AS due;
    PERFORM forget_in_openings(ids);
    expired := expired + coalesce(cardinality(ids), 0);

    DELETE FROM report_photo WHERE (report_id, sha256) IN (
        SELECT report_id, sha256 FROM report_photo WHERE created_at < older_than LIMIT most);
    GET DIAGNOSTICS more = ROW_COUNT;
    expired := expired + more;
    UPDATE tag_read SET handset = NULL WHERE (uid, counter) IN (
        SELECT uid, counter FROM tag_read WHERE read_at < older_than AND handset IS NOT NULL LIMIT most);
    GET DIAGNOSTICS more = ROW_COUNT;
    expired := expired + more;
    DELETE FROM dead_message WHERE digest IN (
        SELECT digest FROM dead_message WHERE topic = 'outbox' AND received_at < older_than LIMIT most);
    GET DIAGNOSTICS more = ROW_COUNT;
    RETURN expired + more;
END
$$;

-- One step of forgetting a phone, by all the pseudonyms that it has: at most `most` rows of each kind; how many there were.
-- What waits in the outbox comes first: once the gateway has let go of it, it is an event.
CREATE FUNCTION suyuan.forget_handset(pseudonyms text[], most integer) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = suyuan, pg_temp
AS $$
DECLARE
    items text[];
    times timestamptz[];
    ids uuid[];
    forgotten bigint;
    more bigint;
BEGIN
    PERFORM lock_extracts(true);
    UPDATE outbox SET scan = scan || '{"handset": null, "latitude": null, "longitude": null, "radius_m": null, "source": null,
                                       "network": null, "operator": null}'
    WHERE scan ->> 'handset' = ANY (pseudonyms);
    GET DIAGNOSTICS forgotten = ROW_COUNT;

    SELECT array_agg(item_id), array_agg(occurred_at), array_agg(event_id) INTO items, times, ids
    FROM (SELECT item_id, occurred_at, event_id FROM event
          WHERE audience = 'consumer' AND handset = ANY (pseudonyms) LIMIT most) AS due;
    IF items IS NOT NULL THEN
        PERFORM forget_in_events(items, times, ids);
        forgotten := forgotten + cardinality(items);
    END IF;

    SELECT array_agg(report_id) INTO ids
    FROM (SELECT report_id FROM consumer_report WHERE reporter = ANY (pseudonyms) LIMIT most) AS due;
    PERFORM forget_in_reports(ids);
    forgotten := forgotten + coalesce(cardinality(ids), 0);

    SELECT array_agg(opening_id) INTO ids
    FROM (SELECT opening_id FROM opening WHERE handset = ANY (pseudonyms) LIMIT most) AS due;
    PERFORM forget_in_openings(ids);
    forgotten := forgotten + coalesce(cardinality(ids), 0);

    UPDATE tag_read SET handset = NULL WHERE (uid, counter) IN (
        SELECT uid, counter FROM tag_read WHERE handset = ANY (pseudonyms) LIMIT most);
    GET DIAGNOSTICS more = ROW_COUNT;
    forgotten := forgotten + more;
    DELETE FROM dead_message
    WHERE topic = 'outbox' AND substring(encode(message, 'escape') FROM '"handset": *"([^"]*)"') = ANY (pseudonyms);
    GET DIAGNOSTICS more = ROW_COUNT;
    RETURN forgotten + more;
END
$$;

REVOKE ALL ON FUNCTION suyuan.forget_in_events(text[], timestamptz[], uuid[]), suyuan.forget_in_reports(uuid[]),
    suyuan.forget_in_openings(uuid[]), suyuan.expire_events(timestamptz, timestamptz, timestamptz, integer),
    suyuan.expire_reports(timestamptz, integer), suyuan.forget_handset(text[], integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION suyuan.expire_events(timestamptz, timestamptz, timestamptz, integer),
    suyuan.expire_reports(timestamptz, integer) TO suyuan_gateway;
GRANT EXECUTE ON FUNCTION suyuan.forget_handset(text[], integer) TO suyuan_resolver;

-- Extracts that still name who reported, and was forgotten since, are read anew.
INSERT INTO suyuan.assessment_due SELECT item_id FROM suyuan.item_evidence WHERE reports <> '[]';
