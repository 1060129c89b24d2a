-- Whoever waits for notices hears that some were committed (LISTEN suyuan_notice), and asks nothing meanwhile.
CREATE FUNCTION suyuan.notices_added() RETURNS trigger
    LANGUAGE plpgsql SET search_path = suyuan, pg_temp
AS $$
BEGIN
    PERFORM pg_notify('suyuan_notice', '');
    RETURN NULL;
END
$$;
CREATE TRIGGER notices_added AFTER INSERT ON suyuan.notice
    FOR EACH STATEMENT EXECUTE FUNCTION suyuan.notices_added();
