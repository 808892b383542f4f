"""Text of unknown origin as plain text that is fit to be shown."""

from models_ui.text.isolation import ISOLATE_CONTROLS, balance

LONGEST_DETAIL = 300  # characters of upstream's own words that we repeat


def plain_text(text: str, longest: int = LONGEST_DETAIL, *, isolated: bool = False) -> str:
    """Return the text on one line, without control, format or surrogate characters, cut to `longest` characters.

    Where words of it are `isolated` they stay so, and one that is cut is closed.
    """
    # Ten times the length is enough to look at: no error sentence is worth cleaning a megabyte.
    kept = ISOLATE_CONTROLS if isolated else ""
    readable = "".join(c if c.isprintable() or c in kept else " " for c in text[: longest * 10])
    words = " ".join(readable.split())
    return words if len(words) <= longest else _cut_balanced(words, longest - 1) + "…"


def _cut_balanced(words: str, longest: int) -> str:
    """Return the first `longest` characters, among them those that close open isolates and embeddings."""
    closing = len(balance(words[:longest])) - longest
    return balance(words[: longest - max(closing, 0)].rstrip())
