"""A gateway beside its documents: one table of calls, what must come, and what came.

It sends what the product's own client refuses to send, so it has an HTTP client of its own.
"""
