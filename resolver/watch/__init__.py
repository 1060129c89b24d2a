"""Watching: metrics of requests, pools, queues and caches, request ids in logs, traces. Nobody is in them."""
