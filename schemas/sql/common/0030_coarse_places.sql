-- Where consumers were is shown coarsely to everybody but regulators, whose looks are logged; and to whoever holds the phone,
-- what it left.

-- To a tenth of a degree, which is 11 km from south to north: the grid in which places are kept without consent to more
-- (resolver/scan/shared_place.py). What is coarse already stays where it is.
CREATE FUNCTION suyuan.coarse(degrees double precision) RETURNS double precision
    LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
    RETURN round(degrees::numeric, 1)::double precision;

CREATE FUNCTION suyuan.sees_places() RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN coalesce(current_setting('suyuan.mandate', true), '') = 'oversight';

CREATE OR REPLACE VIEW suyuan.visible_event WITH (security_barrier = true) AS
SELECT item_id, occurred_at, event_id, recorded_at, owner_org, reader_org, reader_id, biz_step, action, disposition,
       offset_minutes, read_point,
       CASE WHEN hidden THEN suyuan.coarse(latitude) ELSE latitude END AS latitude,
       CASE WHEN hidden THEN suyuan.coarse(longitude) ELSE longitude END AS longitude,
       CASE WHEN hidden THEN 10000 ELSE radius_m END AS radius_m,
       CASE WHEN hidden THEN 'coarse' ELSE source END AS source,
       audience, handset, clock_bound_s, proof, children, destination
FROM (
    SELECT *, audience = 'consumer' AND coalesce(radius_m, 0) < 10000 AND latitude IS NOT NULL
              AND NOT suyuan.sees_places() AS hidden
    FROM suyuan.event
    WHERE suyuan.sees(owner_org) OR suyuan.sees(reader_org)
) AS event;

-- What is kept under a phone's pseudonyms, the newest first. Whoever can name them holds the phone.
CREATE FUNCTION suyuan.left_by(pseudonyms text[], most integer)
    RETURNS TABLE (kind text, at timestamptz, item_id text, name text, name_zh text, latitude double precision,
                   longitude double precision, radius_m real, said text, network boolean)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = suyuan, pg_temp
BEGIN ATOMIC
    SELECT l.kind, l.at, l.item_id, p.name, p.name_zh, l.latitude, l.longitude, l.radius_m, l.said, l.network
    FROM (
        (SELECT 'scan' AS kind, occurred_at AS at, event.item_id, latitude, longitude, radius_m, '' AS said,
                network IS NOT NULL AS network
         FROM suyuan.event WHERE audience = 'consumer' AND handset = ANY (pseudonyms)
         ORDER BY occurred_at DESC LIMIT most)
        UNION ALL
        (SELECT 'scan', to_timestamp((scan ->> 'at')::float8 / 1000000), substring(scan ->> 'uri' FROM '01/[0-9]{14}/21/[^/?]+'),
                (scan ->> 'latitude')::float8, (scan ->> 'longitude')::float8, (scan ->> 'radius_m')::real, '',
                scan ->> 'network' IS NOT NULL
         FROM suyuan.outbox WHERE scan ->> 'handset' = ANY (pseudonyms)
         ORDER BY 2 DESC LIMIT most)
        UNION ALL
        (SELECT 'report', created_at, report.item_id, NULL, NULL, NULL,
                concat_ws(' · ', suspicion, nullif(place, ''), nullif(remark, '')), network IS NOT NULL
         FROM suyuan.consumer_report AS report WHERE reporter = ANY (pseudonyms)
         ORDER BY created_at DESC LIMIT most)
        UNION ALL
        (SELECT 'opening', opened_at, opening.item_id, latitude, longitude, radius_m, '', network IS NOT NULL
         FROM suyuan.opening WHERE handset = ANY (pseudonyms)
         ORDER BY opened_at DESC LIMIT most)
        UNION ALL
        (SELECT 'tag', read_at, tag.item_id, NULL, NULL, NULL, '', false
         FROM suyuan.tag_read JOIN suyuan.tag USING (uid) WHERE handset = ANY (pseudonyms)
         ORDER BY read_at DESC LIMIT most)
    ) AS l
    LEFT JOIN suyuan.product AS p ON p.gtin = split_part(l.item_id, '/', 2)
    ORDER BY l.at DESC LIMIT most;
END;
REVOKE ALL ON FUNCTION suyuan.left_by(text[], integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION suyuan.left_by(text[], integer) TO suyuan_resolver;
