-- Where a scan came from, beside where it says it was.

-- The sender's network: a keyed hash of its IPv4 /24 or IPv6 /48, another one every quarter. No address is stored. operator:
-- who runs that network, as a file of addresses names it. They are evidence, not history: visible_event shows neither.
ALTER TABLE suyuan.event ADD COLUMN network text, ADD COLUMN operator text;

-- A pack is opened at a place as well. matched: the code outside was scanned with the one inside, and both are of this unit.
ALTER TABLE suyuan.opening
    ADD COLUMN network text, ADD COLUMN operator text,
    ADD COLUMN latitude double precision CHECK (latitude BETWEEN -90 AND 90),
    ADD COLUMN longitude double precision CHECK (longitude BETWEEN -180 AND 180),
    ADD COLUMN radius_m real CHECK (radius_m >= 0),
    ADD COLUMN source text,
    ADD COLUMN matched boolean NOT NULL DEFAULT false;

-- What an opening says can get better: a place is shared later, or the code outside is scanned later.
CREATE TRIGGER opening_is_better AFTER UPDATE OF matched, latitude, longitude, radius_m ON suyuan.opening
    FOR EACH ROW WHEN ((NEW.matched, NEW.latitude, NEW.longitude, NEW.radius_m)
                       IS DISTINCT FROM (OLD.matched, OLD.latitude, OLD.longitude, OLD.radius_m))
    EXECUTE FUNCTION suyuan.opening_is_due();

-- The markets that a dealer may sell an owner's goods in, by contract. dealer_id: the dealer's own site.
CREATE TABLE suyuan.dealer_territory (
    owner_org     text NOT NULL REFERENCES suyuan.organisation,
    dealer_id     text NOT NULL REFERENCES suyuan.site,
    market_id     text NOT NULL REFERENCES suyuan.market,
    registered_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (owner_org, dealer_id, market_id)
);
GRANT SELECT ON suyuan.dealer_territory TO suyuan_gateway;
GRANT SELECT, INSERT, DELETE ON suyuan.dealer_territory TO suyuan_resolver;
ALTER TABLE suyuan.dealer_territory ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON suyuan.dealer_territory USING (suyuan.sees(owner_org));
CREATE POLICY gateway ON suyuan.dealer_territory TO suyuan_gateway USING (true);
-- A dealer sees what holds for it, whoever registered it.
CREATE POLICY dealer ON suyuan.dealer_territory FOR SELECT
    USING (EXISTS (SELECT FROM suyuan.site AS s WHERE s.site_id = dealer_id AND suyuan.sees(s.org_id)));

-- What was kept of scans is read anew: it did not say where a position came from.
INSERT INTO suyuan.assessment_due SELECT item_id FROM suyuan.item_evidence;

-- Who is forgotten goes with the network too: together with the times of scans it leads back to a person.
CREATE OR REPLACE FUNCTION suyuan.forget_handset(pseudonym text) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = suyuan, pg_temp
AS $$
DECLARE
    looked_at text[];
    waiting bigint;
    reported bigint;
BEGIN
    WITH forgotten AS (
        UPDATE event SET handset = NULL, latitude = NULL, longitude = NULL, radius_m = NULL, source = NULL,
                         network = NULL, operator = NULL
        WHERE audience = 'consumer' AND handset = pseudonym
        RETURNING item_id
    )
    SELECT coalesce(array_agg(item_id), '{}') INTO looked_at FROM forgotten;
    UPDATE outbox SET scan = scan || '{"handset": null, "latitude": null, "longitude": null, "radius_m": null, "source": null,
                                       "network": null, "operator": null}'
    WHERE scan ->> 'handset' = pseudonym;
    GET DIAGNOSTICS waiting = ROW_COUNT;
    UPDATE consumer_report SET reporter = NULL, network = NULL, place = '', remark = '' WHERE reporter = pseudonym;
    GET DIAGNOSTICS reported = ROW_COUNT;
    UPDATE opening SET handset = NULL, latitude = NULL, longitude = NULL, radius_m = NULL, source = NULL, network = NULL,
                       operator = NULL
    WHERE handset = pseudonym;
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
        UPDATE event SET handset = NULL, latitude = NULL, longitude = NULL, radius_m = NULL, source = NULL,
                         network = NULL, operator = NULL
        WHERE audience = 'consumer' AND recorded_at < older_than
          AND (handset IS NOT NULL OR latitude IS NOT NULL OR network IS NOT NULL)
        RETURNING item_id
    )
    SELECT coalesce(array_agg(item_id), '{}') INTO looked_at FROM expired;
    UPDATE consumer_report SET place = '', remark = '', price_fen = NULL, reporter = NULL, network = NULL
    WHERE created_at < older_than
      AND (place <> '' OR remark <> '' OR price_fen IS NOT NULL OR reporter IS NOT NULL OR network IS NOT NULL);
    UPDATE opening SET handset = NULL, latitude = NULL, longitude = NULL, radius_m = NULL, source = NULL, network = NULL,
                       operator = NULL
    WHERE opened_at < older_than AND (handset IS NOT NULL OR latitude IS NOT NULL OR network IS NOT NULL);
    UPDATE tag_read SET handset = NULL WHERE read_at < older_than AND handset IS NOT NULL;
    DELETE FROM dead_message WHERE topic = 'outbox' AND received_at < older_than;
    PERFORM forget_in_items(looked_at);
    RETURN cardinality(looked_at);
END
$$;
