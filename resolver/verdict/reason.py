"""A reason: one statement behind a verdict, with who observed it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from resolver.text import formats
from resolver.text.formats import Language, Value
from resolver.text.reasons import say
from resolver.verdict.observer import Observer


@dataclass(frozen=True, slots=True)
class Reason:
    """The slug of a text, the values in it, the ids of the events that it rests on, and who observed what it says."""

    slug: str
    params: Mapping[str, Value] = field(default_factory=dict)
    events: tuple[str, ...] = ()
    observed_by: tuple[Observer, ...] = ()

    def to_json(self, language: Language) -> dict[str, Any]:
        """The statement for programs, with its text."""
        return {
            "reason": self.slug.partition(".")[2],
            "text": say(self.slug, language, self.params),
            "params": {name: formats.as_json(value) for name, value in self.params.items()},
            "events": list(self.events),
            "observed_by": [each.to_json(language) for each in self.observed_by],
        }
