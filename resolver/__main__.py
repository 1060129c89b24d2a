"""``python -m resolver``: serve pages and APIs, issue tokens, make keys, check codes offline."""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from resolver.access.authentication import ROLES
from resolver.access.store import MAX_DAYS
from resolver.access.token_scope import LEAST, SCOPES
from resolver.audit import command as audit_command
from resolver.case import bundle_command
from resolver.issue import command as issue_command
from resolver.key import answer_key_command, public_key_set, revocation_store
from resolver.key import store as key_store
from resolver.key.signing_keys import create_signing_key
from resolver.privacy import command as privacy_command
from resolver.registry import store as registry_store
from resolver.registry import tokens
from resolver.server import serve
from resolver.settings import Settings
from resolver.store import OPERATOR, Scope, Store
from resolver.web import verify_answer_command
from schemas import code, reading
from schemas.errors import Misconfigured, SuyuanError
from schemas.settings import documentation

USAGE_ERROR = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code is 0, 1 (a code does not hold) or 2 (with one line that says what to do)."""
    parsed = _parser().parse_args(arguments)
    try:
        exit_code: int = parsed.run(parsed)
    except SuyuanError as error:
        print(f"resolver: {_one_line(error)}", file=sys.stderr)
        return USAGE_ERROR
    return exit_code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m resolver",
        description="The read side of Suyuan and the issuing of codes.",
        epilog="Settings:\n" + "\n".join(f"  {name:28} {text}" for name, _, text in documentation(Settings)),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="command")

    serve = commands.add_parser("serve", help="serve pages and APIs until Ctrl-C")
    serve.set_defaults(run=_serve)

    token = commands.add_parser("token", help="API tokens").add_subparsers(required=True, metavar="action")
    create = token.add_parser("create", help="issue a token and print it; only its hash is kept")
    create.add_argument("--org", required=True, help="the organisation; a first operator is registered with its token")
    create.add_argument("--role", required=True, choices=ROLES, help="must be the organisation's kind")
    create.add_argument("--label", required=True, help="what the token is for")
    create.add_argument("--days", type=int, default=MAX_DAYS, help=f"how long it is valid, at most {MAX_DAYS}")
    create.add_argument("--scopes", default=",".join(LEAST), help=f"some of {','.join(SCOPES)} (default %(default)s)")
    create.set_defaults(run=_create_token)

    keys = commands.add_parser("keys", help="keys of signed codes").add_subparsers(required=True, metavar="action")
    signing = keys.add_parser("create-signing", help="make an Ed25519 key for an organisation's signed codes")
    signing.add_argument("--org", required=True)
    signing.add_argument("--years", type=int, default=5, help="how long it may sign (default 5)")
    signing.set_defaults(run=_create_signing_key)

    rotate = keys.add_parser("create-seal", help="begin an organisation's next sealing key number")
    rotate.add_argument("--org", required=True)
    rotate.set_defaults(run=_create_seal_key)
    revoke = keys.add_parser("revoke", help="revoke a sealing key number or a signing key; it can't be undone")
    revoke.add_argument("--org", required=True)
    which = revoke.add_mutually_exclusive_group(required=True)
    which.add_argument("--seal", type=int, metavar="NUMBER")
    which.add_argument("--signing", metavar="KID")
    revoke.add_argument("--reason", required=True)
    revoke.set_defaults(run=_revoke_key)

    answer_key_command.add_arguments(keys)

    mint = commands.add_parser("mint", help="issue a range of codes or labels into a file")
    issue_command.add_arguments(mint)
    mint.set_defaults(run=_mint)

    privacy_command.add_arguments(commands.add_parser("privacy", help="forget a consumer"))
    verify_answer_command.add_arguments(commands.add_parser("verify-answer", help="check a signed answer offline"))

    audit_command.add_arguments(commands.add_parser("audit", help="check the audit log's chain"))
    bundle_command.add_arguments(commands.add_parser("bundle", help="evidence bundles of cases"))

    verify = commands.add_parser("verify", help="check a signed code offline")
    verify.add_argument("uri", help="the code as it was read")
    verify.add_argument("--keys", required=True, type=Path, help="a saved /.well-known/jwks.json")
    verify.set_defaults(run=_verify)
    return parser


def _serve(_: argparse.Namespace) -> int:
    serve(Settings.from_env(os.environ))
    return 0


def _create_token(parsed: argparse.Namespace) -> int:
    expires_at = datetime.now(UTC) + timedelta(days=parsed.days)
    scopes = parsed.scopes.split(",")
    if unknown := set(scopes) - set(SCOPES):
        raise Misconfigured(f"--scopes: {', '.join(sorted(unknown))} is none of {', '.join(SCOPES)}")
    with _store(Settings.from_env(os.environ)) as store:
        if parsed.role == "operator":
            _register_first_operator(store, parsed.org)
        issued = tokens.issue_token(
            store,
            org_id=parsed.org,
            role=parsed.role,
            label=parsed.label,
            expires_at=expires_at,
            scopes=scopes,
            created_by="command line",
        )
    print(issued["token"])
    return 0


def _create_signing_key(parsed: argparse.Namespace) -> int:
    settings = Settings.from_env(os.environ)
    with _store(settings) as store:
        kid = create_signing_key(
            store, settings.signing_key_dir, org_id=parsed.org, now=datetime.now(UTC), years=parsed.years
        )
    print(kid)
    return 0


def _create_seal_key(parsed: argparse.Namespace) -> int:
    with _store(Settings.from_env(os.environ)) as store, store.transaction(OPERATOR) as cursor:
        print(key_store.add_seal_key(cursor, parsed.org))
    return 0


def _revoke_key(parsed: argparse.Namespace) -> int:
    kind, key = ("signing", parsed.signing) if parsed.seal is None else ("seal", str(parsed.seal))
    fields = {
        "org_id": parsed.org,
        "kind": kind,
        "key": key,
        "reason": parsed.reason,
        "emergency": True,
        "requested_by": "command line",
        "requested_token": None,
    }
    with _store(Settings.from_env(os.environ)) as store, store.transaction(Scope(parsed.org)) as cursor:
        row = revocation_store.request(cursor, fields)
    print(f"revoked at {row['decided_at']:%Y-%m-%dT%H:%M:%SZ}: {row['reason']}")
    return 0


def _mint(parsed: argparse.Namespace) -> int:
    settings = Settings.from_env(os.environ)
    with _store(settings) as store:
        return issue_command.run(parsed, settings, store)


def _verify(parsed: argparse.Namespace) -> int:
    try:
        text = parsed.keys.read_bytes()
    except OSError as error:
        raise Misconfigured(f"can't read {parsed.keys} ({error.strerror}); save /.well-known/jwks.json there") from None
    checked = code.check_signature(reading.read(parsed.uri), public_key_set.read_key_set(text))
    answer = {"item": checked.item_id, "proof": checked.proof.value, "org": checked.org_id}
    print(json.dumps(answer))
    return 0 if checked.proof.is_authentic else 1


def _store(settings: Settings) -> Store:
    return Store(settings.database_url, pool_size=1)


def _register_first_operator(store: Store, org_id: str) -> None:
    """Someone has to be there before anybody can be registered over HTTP."""
    with store.transaction(OPERATOR) as cursor:
        if registry_store.organisation(cursor, org_id) is None:
            registry_store.add_organisation(
                cursor, org_id=org_id, name=org_id, name_zh=org_id, kind="operator", prefixes=()
            )


def _one_line(error: SuyuanError) -> str:
    return " ".join(str(error).split())


if __name__ == "__main__":
    sys.exit(main())
