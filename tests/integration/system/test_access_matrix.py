"""Every table, role and verb: a new one is in nobody's reach until it stands in docs/access.md."""

from tests.support.reviewed import compare

ROLES = ("suyuan_public", "suyuan_resolver", "suyuan_gateway", "suyuan_notifier")

_TABLES = """
SELECT c.oid, c.relname, c.relkind = 'v', c.relrowsecurity, c.relforcerowsecurity FROM pg_class AS c
WHERE c.relnamespace = 'suyuan'::regnamespace AND c.relkind IN ('r', 'p', 'v') AND NOT c.relispartition
ORDER BY c.relname
"""
_RIGHTS = """
SELECT has_table_privilege(%(role)s, %(table)s::oid, %(verb)s),
       ARRAY(SELECT a.attname::text FROM pg_attribute AS a
             WHERE a.attrelid = %(table)s::oid AND a.attnum > 0 AND NOT a.attisdropped AND %(verb)s <> 'DELETE'
               AND has_column_privilege(%(role)s, a.attrelid, a.attnum, %(column_verb)s)
             ORDER BY a.attname)
"""
_POLICIES = """
SELECT policyname, coalesce(qual, with_check) FROM pg_policies
WHERE schemaname = 'suyuan' AND tablename = %s AND cmd IN (%s, 'ALL') AND (%s = ANY (roles) OR 'public' = ANY (roles))
ORDER BY policyname
"""


def test_each_role_may_do_with_each_table_what_was_decided(database) -> None:
    rows = ["| table | verb | role | columns | rows |", "|---|---|---|---|---|"]
    with database.owner() as owner:
        for table, name, view, secured, _ in owner.execute(_TABLES).fetchall():
            for verb in ("SELECT", "INSERT", "UPDATE", "DELETE"):
                for role in ROLES:
                    asked = {"role": role, "table": table, "verb": verb}
                    asked["column_verb"] = "SELECT" if verb == "DELETE" else verb  # which a column has no right of
                    whole, columns = owner.execute(_RIGHTS, asked).fetchone()
                    if not (whole or columns):
                        continue
                    policies = owner.execute(_POLICIES, [name, verb, role]).fetchall()
                    seen = "by its query" if view else "all" if not secured else _rows(policies)
                    rows.append(
                        f"| `{name}` | {verb} | {role.removeprefix('suyuan_')} |"
                        f" {'all' if whole else ', '.join(columns)} | {seen} |"
                    )
    compare("Tables", rows)


def _rows(policies: list[tuple[str, str]]) -> str:
    if not policies:
        return "none"
    if any(condition == "true" for _, condition in policies):
        return "all"
    return ", ".join(name for name, _ in policies)


def test_every_table_with_policies_binds_its_owner_and_no_policy_is_for_everybody_or_for_all_verbs(database) -> None:
    with database.owner() as owner:
        unforced = [name for _, name, _, secured, forced in owner.execute(_TABLES).fetchall() if secured and not forced]
        loose = owner.execute(
            "SELECT tablename, policyname FROM pg_policies WHERE schemaname = 'suyuan'"
            " AND (cmd = 'ALL' AND roles <> '{suyuan_schema}'"
            " OR 'public' = ANY (roles) AND (cmd <> 'SELECT' OR qual <> 'true'))"
        ).fetchall()
        owners = owner.execute(
            "SELECT c.relname FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid"
            " WHERE c.relnamespace = 'suyuan'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition"
            " AND a.attname IN ('org_id', 'owner_org') AND NOT c.relrowsecurity"
        ).fetchall()
    assert (unforced, loose) == ([], [])
    assert owners == [("event",)], "read through views that say who sees it"
