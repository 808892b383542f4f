"""Recorded HTTP answers, which tests play back: what they name was right on the day of the recording."""

import re

_FOLDERS = re.compile(
    r"(?:^|/)(?:\w*cassettes?|vcr\w*|__recordings__|http_recordings|betamax|\.?nock|wiremock|pollyjs|tapes?)/|\.har$",
    re.IGNORECASE,
)
_HEAD = 4096  # bytes
_CONTENT = re.compile(
    rb"""
      ^(?:http_)?interactions:\s*\r?$             # VCR, betamax and go-vcr in YAML
    | "(?:http_)?interactions"\s*:\s*\[           # ... in JSON
    | "_recordingName"                            # Polly.js
    | \A\s*\{\s*"log"\s*:\s*\{[^\[]{0,2000}"entries"\s*:   # HAR
    | ^when:\s*\r?\n\s+(?:path|method|body|header)    # httpmock
    """,
    re.VERBOSE | re.MULTILINE,
)


# A server-sent event of a recorded stream, as tests hold it in a literal.
_STREAMED = re.compile(r"""(?:^|["'`\\n\s])data: ?\{\\*"(?!model)""")


def is_streamed_answer(before: str) -> bool:
    """Whether the text before an id on its line is the beginning of a recorded answer's event."""
    return _STREAMED.search(before) is not None


def is_recording(name: str, data: bytes) -> bool:
    """Whether a file holds recorded answers, by its path or by how it begins."""
    if _FOLDERS.search(name):
        return True
    return name.endswith((".yaml", ".yml", ".json")) and _CONTENT.search(data, 0, _HEAD) is not None
