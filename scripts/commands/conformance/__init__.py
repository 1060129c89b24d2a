"""Own implementation of every check of the GS1 Digital Link resolver test suite, and of what it leaves unchecked."""
