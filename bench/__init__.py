"""Measures the catalog page beside Django's own admin over the same rows: `python -m bench`, see README.md."""
