"""Whole installations: several on one database, and processes that are killed at any moment."""
