"""Words that no identifier may have: each has a plain technical one, in the glossary of docs/architecture.md."""

import ast
import re
from collections.abc import Iterator, Mapping

from scripts.architecture.source import Module, Violation

BANNED: dict[str, str] = {
    word: instead
    for words, instead in {
        "look looks onlooker": "scan, or PublicReader, AuditedQuery, LabelStyle",
        "kept keeper": "saved state, cache",
        "dossier dossiers": "item state, case document",
        "hold holds holding held": "lock, contain, claim, upsert",
        "telling tell told": "notify, deliver",
        "door doors": "authenticator, server",
        "rota shed": "fair queue, dropped",
        "tally": "count",
        "exhibit": "bundle content",
        "workshop": "parallel minting",
        "innocence": "benign causes",
        "hearsay": "consumer reports",
        "bury buried": "dead letter",
        "crew holes": "readers, beyond suite",
        "asking asked answering": "question, request, response",
        "shortcut": "fast path",
    }.items()
    for word in words.split()
}
"""The banned word, and what to say instead."""

BANNED_BELOW: dict[str, frozenset[str]] = {
    "gateway/evidence": frozenset({"nats"}),
    "gateway/assess": frozenset({"nats"}),
    "schemas/explain": frozenset({"nats"}),
}
"""Banned in some rooms only: NATS is a broker, log odds are log odds."""

_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


def check_words(modules: Mapping[str, Module]) -> Iterator[Violation]:
    """Identifiers that modules, classes, functions, parameters, attributes and variables are given."""
    for module in modules.values():
        folder = module.path.parent.as_posix()
        banned = BANNED | dict.fromkeys(BANNED_BELOW.get(folder, ()), "log odds")
        for name, line in [(module.path.stem, 1), *_defined(module.tree)]:
            for word in words_of(name):
                if word in banned:
                    yield Violation(module.path, line, f"{name!r} says {word!r}: better {banned[word]}")


def words_of(identifier: str) -> list[str]:
    """The words of an identifier in snake_case or CamelCase, in lower case."""
    return [part.lower() for part in _PARTS.findall(identifier)]


def _defined(tree: ast.Module) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield node.name, node.lineno
            case ast.arg():
                yield node.arg, node.lineno
            case ast.Name(ctx=ast.Store()):
                yield node.id, node.lineno
            case ast.Attribute(ctx=ast.Store()):
                yield node.attr, node.lineno
            case ast.alias(asname=str() as name):
                yield name, node.lineno
