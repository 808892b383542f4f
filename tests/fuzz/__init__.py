"""Requests that nobody foresaw: on every route, as each role, with odd parameters, headers and bodies.

.venv/bin/python -m pytest tests/fuzz      a few hundred requests, the same ones each time
FUZZ_REQUESTS=50000 .venv/bin/python -m pytest tests/fuzz      fifty thousand others; it takes some twenty minutes
.venv/bin/python -m tests.fuzz --requests 50000      the same of `test_in_process.py` alone, a process for each role

`test_requests.py` goes through the browser of the tests. `test_in_process.py` goes through the application as a server
does, over a world in which every stored text is hostile (`world.py`), and judges feeds and calendars too (`judging.py`).
"""
