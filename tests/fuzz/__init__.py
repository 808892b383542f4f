"""Requests that nobody foresaw: on every route, as each role, with odd parameters, headers and bodies.

    .venv/bin/python -m pytest tests/fuzz                 a few hundred requests, the same ones each time
    .venv/bin/python -m tests.fuzz --requests 50000       others each time, with a process for each role

They go through the application as a server does, over a world in which every stored text is hostile (`world.py`).
`routes.py` reads the routes from the project, `asking.py` makes requests, `judging.py` says what is wrong with an answer.
"""
