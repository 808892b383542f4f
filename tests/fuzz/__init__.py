"""Requests that nobody foresaw: on every route, as each role, with odd parameters, headers and bodies.

.venv/bin/python -m pytest tests/fuzz      a few hundred requests, the same ones each time
FUZZ_REQUESTS=50000 .venv/bin/python -m pytest tests/fuzz      fifty thousand others; it takes some twenty minutes
"""
