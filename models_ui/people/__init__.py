"""The people of the dashboard: who they are, how they come in, and what each of them prefers."""
