-- Judging goes on where it stopped: what the rules have made of an item's history so far, and up to which event. An item
-- that is judged from its beginning (late events, changed facts, containers) gets this anew.
ALTER TABLE suyuan.item_state
    ADD COLUMN folded    text,
    ADD COLUMN folded_at timestamptz,
    ADD COLUMN folded_id text,
    ADD COLUMN facts     text;
COMMENT ON COLUMN suyuan.item_state.folded IS 'JSON, for the gateway alone: text, so that the server need not parse it';

-- Rows are rewritten with every event of their item; room in the page keeps that off the indexes.
ALTER TABLE suyuan.item_state SET (fillfactor = 70);

-- A first scan may turn out not to have been one.
GRANT DELETE ON suyuan.first_scan TO suyuan_gateway;
