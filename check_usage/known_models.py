"""Every id that Mistral's Models API or its documentation has ever named, as of November 2026.

A catalog knows only what it has seen; code names models that were gone before. What the catalog lists is the truth and
hides what stands here. Sources: Mistral's public lists of models, its documentation, and answers of the Models API
since 2024. Where the API and the documentation name different days, the day is the API's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class KnownModel:
    """One model of the past or the present."""

    model_id: str
    aliases: tuple[str, ...]
    switched_off: datetime | None  # None: it is offered still
    replacement: str


# One model a line: id, day of its end or "-", replacement or "-", other ids.
_TABLE = """
mistral-large-4 - - mistral-large-4-0
mistral-large-2512 - - mistral-large-latest
mistral-large-2411 2026-05-31 mistral-medium-3-5
mistral-large-2407 2025-03-30 mistral-large-2512
mistral-large-2402 2025-06-16 mistral-large-2512
mistral-medium-3-5 - - mistral-medium mistral-medium-3 mistral-medium-3.5 mistral-medium-2604 mistral-medium-latest
mistral-medium-3-5 - - magistral-medium-latest mistral-vibe-cli-latest mistral-vibe-cli-with-tools
mistral-medium-2508 2026-08-31 mistral-medium-3-5
mistral-medium-2505 2026-08-31 mistral-medium-3-5
mistral-medium-2312 2025-06-16 mistral-medium-3-5 mistral-medium mistral-medium-latest
mistral-small-2603 - - mistral-small-latest magistral-small-latest mistral-vibe-cli-fast
mistral-small-2506 2026-07-31 mistral-small-2603
mistral-small-2503 2025-11-30 mistral-small-2603
mistral-small-2501 2026-02-28 mistral-small-2603
mistral-small-2409 2025-11-30 mistral-small-2603
mistral-small-2402 2025-06-16 mistral-small-2603
labs-mistral-small-creative 2026-04-30 ministral-8b-2512
ministral-14b-2512 - - ministral-14b-latest
ministral-8b-2512 - - ministral-8b-latest
ministral-3b-2512 - - ministral-3b-latest
ministral-8b-2410 2026-01-31 ministral-8b-2512
ministral-3b-2410 2026-01-31 ministral-3b-2512
magistral-medium-2509 2026-07-31 mistral-medium-3-5
magistral-medium-2507 2025-11-30 mistral-medium-3-5
magistral-medium-2506 2025-11-30 mistral-medium-3-5
magistral-small-2509 2026-07-31 mistral-small-2603
magistral-small-2507 2025-11-30 mistral-small-2603
magistral-small-2506 2025-11-30 mistral-small-2603
codestral-2508 - - codestral-latest mistral-code-fim-latest mistral-code-latest
codestral-2501 2026-01-31 codestral-2508 codestral-2411-rc5 codestral-2412
codestral-2405 2025-06-16 codestral-2508
codestral-mamba-2407 2025-06-06 codestral-2508 codestral-mamba-latest open-codestral-mamba
codestral-embed - - codestral-embed-2505
devstral-2512 2026-08-31 mistral-medium-3-5 devstral-latest devstral-medium-latest mistral-code-agent-latest
devstral-medium-2507 2026-05-31 mistral-medium-3-5
devstral-small-2507 2026-05-31 mistral-small-2603
devstral-small-2505 2025-11-30 mistral-medium-3-5
labs-devstral-small-2512 2026-03-31 mistral-medium-3-5 devstral-small-latest
labs-leanstral-1-5-1 2026-09-30 - labs-leanstral-1-5
labs-leanstral-2603 2026-06-30 labs-leanstral-1-5-1
pixtral-large-2411 2026-05-31 mistral-medium-3-5 mistral-large-pixtral-2411 pixtral-large-latest
pixtral-12b-2409 2026-01-31 ministral-14b-2512 pixtral-12b pixtral-12b-latest
mistral-ocr-4-1 - - mistral-ocr-4 mistral-ocr-latest
mistral-ocr-4-0 2026-09-30 mistral-ocr-4-1
mistral-ocr-2512 - - mistral-ocr-3 mistral-ocr-3-0
mistral-ocr-2505 2026-05-31 mistral-ocr-4-1
mistral-ocr-2503 2026-03-31 mistral-ocr-4-1
voxtral-small-2507 - - voxtral-small-latest
voxtral-mini-2507 2026-05-31 voxtral-mini-2602
voxtral-mini-transcribe-2507 2026-05-31 voxtral-mini-2602 voxtral-mini-2507
voxtral-mini-2602 - - voxtral-mini-latest
voxtral-mini-transcribe-realtime-2602 - - voxtral-mini-realtime-2602 voxtral-mini-realtime-latest
voxtral-mini-tts-2603 - - voxtral-mini-tts-latest
mistral-embed - - mistral-embed-2312
mistral-moderation-2603 - -
mistral-moderation-2411 2026-06-30 mistral-moderation-2603 mistral-moderation-latest
shieldstral-1-0 - -
mistral-saba-2502 2025-09-30 mistral-small-2603 mistral-saba-latest
open-mistral-nemo 2026-07-31 ministral-8b-2512 open-mistral-nemo-2407 mistral-tiny-2407 mistral-tiny-latest
open-mistral-7b 2026-01-31 ministral-8b-2512 mistral-tiny mistral-tiny-2312
open-mixtral-8x7b 2025-03-30 mistral-small-2603 mistral-small mistral-small-2312
open-mixtral-8x22b 2025-03-30 mistral-small-2603 open-mixtral-8x22b-2404
zai-glm-5-2 2026-10-31 zai-glm-5-3 glm-5-2
zai-glm-5-3 - - zai-glm-5 zai-glm-latest
"""

# Names of the documentation's pages, which no call accepts, and the id that each page is about.
_PAGES = """
codestral-24-05 codestral-2405 codestral-25-01 codestral-2501 codestral-25-08 codestral-2508
codestral-embed-25-05 codestral-embed codestral-mamba-7b-0-1 codestral-mamba-2407
devstral-2-25-12 devstral-2512 devstral-medium-1-0-25-07 devstral-medium-2507
devstral-small-1-0-25-05 devstral-small-2505 devstral-small-1-1-25-07 devstral-small-2507
devstral-small-2-25-12 labs-devstral-small-2512
leanstral-26-03 labs-leanstral-2603 leanstral-1-5-26-06 labs-leanstral-1-5-1 leanstral-1-5 labs-leanstral-1-5-1
magistral-medium-1-0-25-06 magistral-medium-2506 magistral-medium-1-1-25-07 magistral-medium-2507
magistral-medium-1-2-25-09 magistral-medium-2509 magistral-small-1-0-25-06 magistral-small-2506
magistral-small-1-1-25-07 magistral-small-2507 magistral-small-1-2-25-09 magistral-small-2509
ministral-3-14b-25-12 ministral-14b-2512 ministral-3-8b-25-12 ministral-8b-2512 ministral-3-3b-25-12 ministral-3b-2512
ministral-8b-24-1 ministral-8b-2410 ministral-3b-24-1 ministral-3b-2410
ministral-8b-24-10 ministral-8b-2410 ministral-3b-24-10 ministral-3b-2410
mistral-7b-0-1 open-mistral-7b mistral-7b-0-2 open-mistral-7b mistral-7b-0-3 open-mistral-7b
mistral-embed-23-12 mistral-embed
mistral-large-1-0-24-02 mistral-large-2402 mistral-large-2-0-24-07 mistral-large-2407
mistral-large-2-1-24-11 mistral-large-2411 mistral-large-3-25-12 mistral-large-2512
mistral-medium-1-0-23-12 mistral-medium-2312 mistral-medium-3-25-05 mistral-medium-2505
mistral-medium-3-1-25-08 mistral-medium-2508 mistral-medium-3-5-26-04 mistral-medium-3-5
mistral-moderation-24-11 mistral-moderation-2411 mistral-moderation-26-03 mistral-moderation-2603
mistral-nemo-12b-24-07 open-mistral-nemo mistral-saba-25-02 mistral-saba-2502
mistral-small-1-0-24-02 mistral-small-2402 mistral-small-2-0-24-09 mistral-small-2409
mistral-small-3-0-25-01 mistral-small-2501 mistral-small-3-1-25-03 mistral-small-2503
mistral-small-3-2-25-06 mistral-small-2506 mistral-small-4-0-26-03 mistral-small-2603
mistral-small-creative-25-12 labs-mistral-small-creative
mixtral-8x7b-0-1 open-mixtral-8x7b mixtral-8x22b-0-1-0-3 open-mixtral-8x22b
ocr-25-03 mistral-ocr-2503 ocr-25-05 mistral-ocr-2505 ocr-2-25-05 mistral-ocr-2505 ocr-3-25-12 mistral-ocr-2512
ocr-4-0 mistral-ocr-4-0 ocr-4-1 mistral-ocr-4-1
pixtral-12b-24-09 pixtral-12b-2409 pixtral-large-24-11 pixtral-large-2411
voxtral-mini-25-07 voxtral-mini-2507 voxtral-mini-transcribe-25-07 voxtral-mini-transcribe-2507
voxtral-mini-transcribe-26-02 voxtral-mini-2602
voxtral-mini-transcribe-realtime-26-02 voxtral-mini-transcribe-realtime-2602
voxtral-small-25-07 voxtral-small-2507 voxtral-tts-26-03 voxtral-mini-tts-2603
"""


def _read_table() -> list[KnownModel]:
    models = []
    for line in _TABLE.strip().splitlines():
        model_id, day, replacement, *aliases = line.split()
        # Mistral switches models off at noon, UTC.
        end = None if day == "-" else datetime.fromisoformat(f"{day}T12:00:00").replace(tzinfo=UTC)
        models.append(KnownModel(model_id, tuple(aliases), end, "" if replacement == "-" else replacement))
    return models


def _read_pages() -> dict[str, str]:
    words = _PAGES.split()
    return dict(zip(words[::2], words[1::2], strict=True))


KNOWN_MODELS: tuple[KnownModel, ...] = tuple(_read_table())
DOCUMENTATION_PAGES: Mapping[str, str] = _read_pages()
