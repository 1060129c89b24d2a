"""The read side and the issuing of codes: HTTP API, pages, labels, keys. The only holder of private keys."""
