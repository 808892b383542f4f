"""The demo's past: weeks of syncs and actions, played in a moment before a new demo's first page."""
