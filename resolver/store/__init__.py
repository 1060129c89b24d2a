"""The resolver's side of the store: explicit SQL, a module a subject. ``psycopg`` appears nowhere else here."""

from resolver.store.session import OPERATOR, PUBLIC, Cursor, Row, Scope, Store

__all__ = ["OPERATOR", "PUBLIC", "Cursor", "Row", "Scope", "Store"]
