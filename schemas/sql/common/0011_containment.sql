-- What an item was ever in, directly, is kept beside its state: who locks the item knows whether it knows all its
-- containers, and a packing, which locks what it packs, can't be missed by a worker that judges a packed unit meanwhile.
ALTER TABLE suyuan.item_state ADD COLUMN parents text[] NOT NULL DEFAULT '{}';
COMMENT ON COLUMN suyuan.item_state.parents IS 'containers by the marks in containment_mark, whatever their time';

UPDATE suyuan.item_state AS s SET parents = packed.parents
FROM (SELECT item_id, array_agg(DISTINCT parent_id) AS parents FROM suyuan.containment_mark GROUP BY item_id) AS packed
WHERE packed.item_id = s.item_id;
