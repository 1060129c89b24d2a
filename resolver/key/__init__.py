"""Public keys: the keyring that checks codes, signing keys' life cycle, and the sets for offline verification."""
