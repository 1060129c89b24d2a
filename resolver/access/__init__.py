"""Who asks: API tokens and their scopes, admission limits for strangers, client networks, and the audit of accesses."""
