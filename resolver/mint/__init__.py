"""The mint: makes serials and signatures. The only room that holds private keys."""
