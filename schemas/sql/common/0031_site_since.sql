-- Since when a place is a site. What was recorded earlier is at no site, and addressed to none, whenever it is read: or else
-- whoever registers an id that was named before would have what others said under it.
--
-- admitted_since: from when on the gateway refuses others that name the site without a grant. What others said of the sites that
-- there are was not asked for a grant before step 0019.
ALTER TABLE suyuan.site
    ADD COLUMN registered_at  timestamptz NOT NULL DEFAULT '-infinity',
    ADD COLUMN admitted_since timestamptz NOT NULL DEFAULT '-infinity';

DO $$
DECLARE
    refusing timestamptz;
BEGIN
    IF EXISTS (SELECT FROM suyuan.site) THEN
        SELECT applied_at INTO STRICT refusing FROM suyuan.schema_version WHERE name = '0019_authority.sql';
        UPDATE suyuan.site SET admitted_since = refusing;
    END IF;
END
$$;

-- What readers of others have said of one's site since it is one. A site has far more of its owner's events than of others':
-- `most_read` bounds how many are read for an answer. Its last row, which has no event, says how far was read; none: to the end.
CREATE FUNCTION suyuan.said_at(
    site text, as_of timestamptz, after_at timestamptz, after_id uuid, most integer, most_read integer
)
    RETURNS TABLE (event_id uuid, item_id text, occurred_at timestamptz, recorded_at timestamptz, biz_step text,
                   disposition text, reader_org text, reader_id text, claim boolean, read_at timestamptz, read_id uuid)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = suyuan, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    since timestamptz;
    events integer := 0;
    told integer := 0;
    each record;
BEGIN
    SELECT s.admitted_since INTO since FROM site AS s
        WHERE s.site_id = site AND s.org_id = current_setting('suyuan.org', true);
    IF NOT FOUND THEN
        RETURN;
    END IF;
    FOR each IN
        SELECT e.event_id, e.item_id, e.occurred_at, e.recorded_at, e.biz_step, e.disposition, e.reader_org, e.reader_id
        FROM event AS e
        WHERE e.read_point = site AND (after_at IS NULL OR (e.occurred_at, e.event_id) > (after_at, after_id))
        ORDER BY e.occurred_at, e.event_id LIMIT most_read
    LOOP
        events := events + 1;
        IF each.reader_org <> current_setting('suyuan.org', true) AND each.recorded_at BETWEEN since AND as_of THEN
            -- One by one: where events are spread over machines, claims are not.
            RETURN QUERY SELECT each.event_id, each.item_id, each.occurred_at, each.recorded_at, each.biz_step,
                each.disposition, each.reader_org, each.reader_id,
                EXISTS (SELECT FROM claim AS c WHERE c.item_id = each.item_id AND c.occurred_at = each.occurred_at
                        AND c.event_id = each.event_id), NULL::timestamptz, NULL::uuid;
            told := told + 1;
        END IF;
        IF told = most OR events = most_read THEN
            RETURN QUERY SELECT NULL::uuid, NULL, NULL::timestamptz, NULL::timestamptz, NULL, NULL, NULL, NULL, NULL::boolean,
                each.occurred_at, each.event_id;
            RETURN;
        END IF;
    END LOOP;
END
$$;
REVOKE ALL ON FUNCTION suyuan.said_at FROM PUBLIC;
GRANT EXECUTE ON FUNCTION suyuan.said_at TO suyuan_resolver;
