-- A code inside a pack can contradict one code outside, for it was in one pack: whoever has opened a pack of his own could
-- otherwise hold its code against any number of other units.
ALTER TABLE suyuan.opening ADD COLUMN contradicted text COLLATE "C";
COMMENT ON COLUMN suyuan.opening.contradicted IS
    'the other unit whose code was outside of this pack, as the phone that opened it says first';
