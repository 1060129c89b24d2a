"""GS1 Digital Link resolution: links registered, the best one chosen, redirects and linksets answered."""
