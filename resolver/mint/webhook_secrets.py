"""Secrets of webhooks, derived from a root of their own: the notifier, which goes out, has no other."""

from dataclasses import dataclass, field
from uuid import UUID

from schemas.webhook import secret_of


@dataclass(frozen=True, slots=True)
class WebhookSecrets:
    """Holds the webhook root, of at least 32 bytes."""

    _root: bytes = field(repr=False)

    def secret(self, subscription_id: UUID, number: int) -> str:
        """The secret that a subscription's webhooks are signed with; ``number`` counts its renewals."""
        return secret_of(self._root, subscription_id, number)
