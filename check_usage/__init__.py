"""The guard for CI: which model ids a source tree uses, and which of them stop working.

Only the standard library (Python 3.11) and only relative imports, because the same code runs in three ways:
`manage.py check_usage` (the catalog is the mirror), `python -m check_usage`, and packed by
`python -m zipapp check_usage -o check_usage.pyz` as one file (the catalog is the dashboard's `/models.json`).

    files (folders, recordings) -> scan -> tokens (which words may be ids) -> uses (which of them are):
        languages, syntaxes, lexing, prose: the value; placement: the place; sight, host_marks, outline: the host
    known_models (all that Mistral ever listed) -> catalog
    catalog -> judge (what is wrong with an id) -> reports, sarif;   cli: arguments in, exit code out
"""
