-- Any item may be a container, whatever its code: a case has a serial of its own as often as an SSCC. So that judging need
-- not ask of every item that is seen what is in it, its row tells whether anything ever was.
ALTER TABLE suyuan.item_state ADD COLUMN holds boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN suyuan.item_state.holds IS 'something was packed into it, or taken out, at some time';

UPDATE suyuan.item_state AS s SET holds = true
WHERE EXISTS (SELECT FROM suyuan.containment_mark AS m WHERE m.parent_id = s.item_id);

-- What happened to a container without an SSCC had not reached what was in it: where there are such, contents are judged from
-- the beginning with their next event.
UPDATE suyuan.item_state SET folded = NULL, folded_at = NULL, folded_id = NULL, facts = NULL
WHERE parents <> '{}' AND EXISTS (SELECT FROM suyuan.containment_mark WHERE parent_id LIKE '01/%');
