-- The events of one item in a span of time, as whoever asks may see them. A store that is spread over machines asks the one
-- that has the item (profile "citus"); elsewhere this is the view's own query, and planned with whatever is around it.
CREATE FUNCTION suyuan.events_of(item text, since timestamptz, until timestamptz) RETURNS SETOF suyuan.visible_event
    LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT * FROM suyuan.visible_event AS event
    WHERE event.item_id = item AND event.occurred_at >= since AND event.occurred_at <= until
    OFFSET 0;
END;
