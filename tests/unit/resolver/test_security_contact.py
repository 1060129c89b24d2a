"""Whom to tell of a weakness (RFC 9116)."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

from resolver.federation.security_contact import security_txt
from resolver.federation.security_contact_api import security_contact

NOW = datetime(2026, 3, 1, 8, 30, tzinfo=UTC)
CONTACTS = ("mailto:security@example.com", "https://example.com/report")


def test_the_file_names_contacts_in_order_expires_within_a_year_and_says_where_it_stands():
    lines = security_txt(CONTACTS, "https://id.example.com", NOW).splitlines()
    fields = [line.split(": ", 1) for line in lines]
    assert [value for name, value in fields if name == "Contact"] == list(CONTACTS)
    found = dict(fields)
    assert found["Canonical"] == "https://id.example.com/.well-known/security.txt"
    expires = datetime.fromisoformat(found["Expires"])
    assert NOW < expires < NOW + timedelta(days=365)
    assert [name for name, _ in fields].count("Expires") == 1


def test_the_file_is_the_same_all_day():
    assert security_txt(CONTACTS, "x", NOW) == security_txt(CONTACTS, "x", NOW + timedelta(hours=15))


def test_the_named_contacts_are_answered_as_text():
    settings = SimpleNamespace(security_contacts=CONTACTS, base_url="https://id.example.com")
    answer = security_contact(SimpleNamespace(settings=settings, clock=lambda: NOW))
    assert answer.media_type == "text/plain"
    assert answer.body.decode() == security_txt(CONTACTS, "https://id.example.com", NOW)
