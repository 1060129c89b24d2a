"""Issuing: ranges of a batch's codes are claimed once and minted in parallel, as a stream or a resumable file."""
