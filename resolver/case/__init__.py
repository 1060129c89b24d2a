"""Incidents and their cases: comments, files, decisions, appeals, case documents and signed bundles."""
