"""What Mistral's catalogue held in autumn 2026: the base models the sandbox lists when it is given no file.

Ids, aliases, abilities, context lengths (tokens) and replacements are the real ones; descriptions are ours. Retirement
dates are not real: `retires_in` counts days from the sandbox's first start, so that a demo always has a model that is
about to retire. Some were switched off since; they are here because they show what the live list does to its readers:

* `voxtral-mini-2507` and `voxtral-mini-latest` are ids of two different models at once (live from 2025-08 to 2026-02);
* one entry of `mistral-large-2512` has no name, and a description made from that missing name (live in 2025-08);
* `devstral-latest` is an alias that lists no aliases (live in 2026-01 and 2026-02);
* Medium 3.5 and OCR 4.1 are named after a floating `-latest` id (live since 2026-08);
* `zai-glm-5-3` answers by id and is not in the list (seen 2026-10);
* `computer_use` is a made-up flag beyond the fourteen known ones, because the set has grown every year.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

CAPABILITIES = (
    "completion_chat",
    "function_calling",
    "reasoning",
    "completion_fim",
    "fine_tuning",
    "vision",
    "ocr",
    "classification",
    "moderation",
    "audio",
    "audio_transcription",
    "audio_transcription_realtime",
    "audio_speech",
    "unified_resources",
)
"""The flags a live card carries since 2026-08, in the live order; every card carries all of them."""


@dataclass(frozen=True, kw_only=True)
class Base:
    """One base model; it is listed once for each of its ids."""

    ids: str  # the listed ids, separated by spaces, in the live order
    can: str  # the capability flags that are on, separated by spaces
    context: int
    about: str
    name: str = ""  # the first id unless given
    temperature: float | None = 0.3
    billing: str | None = None
    retires_in: int | None = None
    replaced_by: str | None = None
    extra_flags: dict[str, bool] = field(default_factory=dict)
    overrides: dict[str, dict[str, Any]] = field(default_factory=dict)  # id -> what its own entry says differently


CHAT = "completion_chat function_calling"
LISTENS = "completion_chat function_calling audio"
READS_PAGES = "function_calling vision ocr"

BASES = (
    Base(
        ids="codestral-2508 codestral-latest mistral-code-latest mistral-code-fim-latest",
        can=f"{CHAT} completion_fim",
        context=256_000,
        billing="codestral-2508",
        about="Code model with fill-in-the-middle, summer-2025 version",
    ),
    Base(
        ids="mistral-large-4 mistral-large-4-0",
        can=f"{CHAT} reasoning vision unified_resources",
        context=524_288,
        temperature=1.0,
        billing="mistral-large-4-0-launch-discount",
        about="Largest open-weight mixture-of-experts model; text and images in, adjustable reasoning",
        extra_flags={"computer_use": True},
    ),
    Base(
        ids="mistral-large-2512 mistral-large-latest",
        can=f"{CHAT} fine_tuning vision",
        context=262_144,
        about="Third-generation flagship mixture-of-experts model that also reads images",
        overrides={"mistral-large-latest": {"name": None, "description": "Official None Mistral AI model"}},
    ),
    Base(
        ids="mistral-medium-latest mistral-medium mistral-medium-3-5 mistral-medium-3.5 mistral-medium-3 "
        "mistral-medium-2604 mistral-vibe-cli-latest mistral-vibe-cli-with-tools magistral-medium-latest",
        can=f"{CHAT} reasoning vision",
        context=262_144,
        temperature=1.0,
        billing="mistral-medium-3-5",
        about="Mid-size multimodal model with switchable reasoning, aimed at agents and code",
        extra_flags={"computer_use": True},
    ),
    Base(
        ids="mistral-medium-2508",
        can=f"{CHAT} fine_tuning vision",
        context=131_072,
        retires_in=9,
        replaced_by="mistral-medium-3-5",
        about="Mid-size multimodal model, summer-2025 update",
    ),
    Base(
        ids="mistral-small-2603 mistral-small-latest mistral-vibe-cli-fast magistral-small-latest",
        can=f"{CHAT} reasoning vision",
        context=262_144,
        billing="mistral-small-2603",
        about="Small hybrid model: chat, code, images and switchable reasoning",
        extra_flags={"computer_use": False},
    ),
    Base(
        ids="mistral-small-2506",
        can=f"{CHAT} vision",
        context=131_072,
        retires_in=150,
        replaced_by="mistral-small-latest",
        about="Small open model with image input, mid-2025 update",
    ),
    Base(
        ids="magistral-medium-2509",
        can=f"{CHAT} fine_tuning vision",
        context=131_072,
        temperature=0.7,
        retires_in=150,
        replaced_by="magistral-medium-latest",
        about="Mid-size reasoning model, third revision, reads images",
    ),
    Base(
        ids="ministral-14b-2512 ministral-14b-latest",
        can=f"{CHAT} fine_tuning vision",
        context=262_144,
        billing="ministral-14b-2512",
        about="Compact 14B open model with image input",
    ),
    Base(
        ids="ministral-8b-2512 ministral-8b-latest",
        can=f"{CHAT} fine_tuning vision",
        context=262_144,
        billing="ministral-8b-2512",
        about="Compact 8B open model with image input",
    ),
    Base(
        ids="ministral-3b-2512 ministral-3b-latest",
        can=f"{CHAT} fine_tuning vision",
        context=131_072,
        billing="ministral-3b-2512",
        about="Compact 3B open model with image input",
    ),
    Base(
        ids="open-mistral-nemo open-mistral-nemo-2407 mistral-tiny-2407 mistral-tiny-latest",
        can=f"{CHAT} fine_tuning",
        context=131_072,
        retires_in=60,
        replaced_by="ministral-8b-latest",
        about="12B open multilingual text model",
    ),
    Base(
        ids="pixtral-12b-2409 pixtral-12b pixtral-12b-latest",
        can=f"{CHAT} fine_tuning vision",
        context=131_072,
        retires_in=23,
        replaced_by="ministral-14b-latest",
        about="12B open image-and-text model",
    ),
    Base(
        ids="devstral-2512 devstral-latest devstral-medium-latest mistral-code-agent-latest",
        can=CHAT,
        context=262_144,
        temperature=0.2,
        retires_in=23,
        replaced_by="mistral-medium-3-5",
        about="Agentic coding model, second generation",
        overrides={"devstral-latest": {"aliases": []}},
    ),
    Base(
        ids="labs-leanstral-1-5-1 labs-leanstral-1-5",
        can=f"{CHAT} reasoning vision unified_resources",
        context=262_144,
        temperature=1.0,
        billing="labs-leanstral-1-5",
        about="Experimental Lean 4 formal-proof model",
    ),
    Base(
        ids="voxtral-small-2507 voxtral-small-latest",
        can=LISTENS,
        context=32_768,
        temperature=0.2,
        billing="voxtral-small-2507",
        about="Chat model that listens to audio, small",
    ),
    Base(
        ids="voxtral-mini-2507 voxtral-mini-latest",
        can="completion_chat audio",
        context=32_768,
        temperature=0.2,
        retires_in=60,
        replaced_by="voxtral-mini-2602",
        about="Chat model that listens to audio, mini",
    ),
    Base(
        ids="voxtral-mini-transcribe-2507 voxtral-mini-2507 voxtral-mini-latest",
        can="audio_transcription",
        context=16_384,
        temperature=0.0,
        retires_in=60,
        replaced_by="voxtral-mini-2602",
        about="Speech-to-text model, 2025",
    ),
    Base(
        ids="voxtral-mini-2602",
        can="audio_transcription",
        context=16_384,
        temperature=0.0,
        billing="voxtral-mini-2602",
        about="Speech-to-text model, 2026",
    ),
    Base(
        ids="voxtral-mini-transcribe-realtime-2602 voxtral-mini-realtime-2602 voxtral-mini-realtime-latest",
        can="audio_transcription_realtime",
        context=32_768,
        temperature=0.0,
        billing="voxtral-mini-realtime-2602",
        about="Streaming speech-to-text model",
    ),
    Base(
        ids="voxtral-mini-tts-2603 voxtral-mini-tts-latest",
        can="function_calling fine_tuning audio_speech",
        context=4_096,
        billing="voxtral-mini-tts-2603",
        about="Text-to-speech model",
    ),
    Base(
        ids="codestral-embed codestral-embed-2505",
        can="",
        context=8_192,
        temperature=None,
        billing="codestral-embed-2505",
        about="Embedding vectors for source code",
    ),
    Base(
        ids="mistral-embed-2312 mistral-embed",
        can="",
        context=8_192,
        temperature=None,
        billing="mistral-embed",
        about="Embedding vectors for text",
    ),
    Base(
        ids="mistral-moderation-2603",
        can="classification moderation",
        context=131_072,
        temperature=None,
        billing="mistral-moderation-2603",
        about="Content moderation classifier, second generation",
    ),
    Base(
        ids="mistral-ocr-latest mistral-ocr-4 mistral-ocr-4-1",
        can=READS_PAGES,
        context=16_384,
        temperature=0.0,
        billing="mistral-ocr-4",
        about="Document reading (OCR), version 4.1",
    ),
    Base(
        ids="mistral-ocr-2512 mistral-ocr-3-0 mistral-ocr-3",
        can=READS_PAGES,
        context=16_384,
        temperature=0.0,
        billing="mistral-ocr-2512",
        about="Document reading (OCR), version 3",
    ),
    Base(
        ids="mistral-ocr-2505",
        can=READS_PAGES,
        context=16_384,
        temperature=0.0,
        retires_in=-2,  # past its date and still listed, as OCR 4.0 was in 2026-10
        replaced_by="mistral-ocr-latest",
        about="Document reading (OCR), version 2",
    ),
    Base(
        ids="zai-glm-5-3 zai-glm-5 zai-glm-latest",
        can=f"{CHAT} reasoning",
        context=1_048_576,
        temperature=None,
        about="Third-party Z.ai text model hosted by Mistral",
    ),
)

UNLISTED = frozenset({"zai-glm-5-3", "zai-glm-5", "zai-glm-latest"})
"""Answer by id, and do not appear in the list: the list depends on what the account pays for."""

RETIRED = frozenset(
    """
    codestral-2405 codestral-2501 codestral-2412 codestral-mamba-2407 codestral-mamba-latest open-codestral-mamba
    devstral-medium-2507 devstral-small-2505 devstral-small-2507 labs-devstral-small-2512 devstral-small-latest
    labs-mistral-small-creative labs-leanstral-2603 magistral-medium-2506 magistral-medium-2507 magistral-small-2506
    magistral-small-2507 magistral-small-2509 ministral-3b-2410 ministral-8b-2410 mistral-large-2402 mistral-large-2407
    mistral-large-2411 mistral-medium-2312 mistral-medium-2505 mistral-moderation-2411 mistral-moderation-latest
    mistral-ocr-2503 mistral-saba-2502 mistral-saba-latest mistral-small-2402 mistral-small-2409 mistral-small-2501
    mistral-small-2503 mistral-small mistral-tiny mistral-tiny-2312 open-mistral-7b open-mixtral-8x7b open-mixtral-8x22b
    open-mixtral-8x22b-2404 pixtral-large-2411 pixtral-large-latest zai-glm-5-2 glm-5-2
    """.split()  # noqa: SIM905 - one word a line would be longer and no clearer
)
"""Ids of models that were switched off; reading one answers that it is deprecated."""


def flags(on: str, extra: dict[str, bool] | None = None) -> dict[str, bool]:
    """Return every known capability flag, those named in `on` set, then `extra` ones."""
    wanted = on.split()
    return {flag: flag in wanted for flag in CAPABILITIES} | (extra or {})


def retirement(day: date) -> str:
    """Return a retirement time as the live API writes it: always noon UTC."""
    return datetime.combine(day, time(12), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def base_entries(anchor: date) -> Iterator[dict[str, Any]]:
    """Return the list's entries for every base model, with retirement dates counted from `anchor`."""
    for base in BASES:
        yield from entries_of(base, anchor)


def entries_of(base: Base, anchor: date) -> Iterator[dict[str, Any]]:
    """Return one entry for each id, with the other ids of its model as aliases."""
    ids = base.ids.split()
    retires = None if base.retires_in is None else retirement(anchor + timedelta(days=base.retires_in))
    for model_id in ids:
        entry: dict[str, Any] = {
            "id": model_id,
            "object": "model",
            "created": 0,  # the time of the request replaces it
            "owned_by": "mistralai",
            "capabilities": flags(base.can, base.extra_flags),
            "name": base.name or ids[0],
            "description": base.about,
            "max_context_length": base.context,
            "aliases": [other for other in ids if other != model_id],
            "deprecation": retires,
            "deprecation_replacement_model": base.replaced_by,
            "default_model_temperature": base.temperature,
            "billing_model_name": base.billing,
            "type": "base",
        }
        yield entry | base.overrides.get(model_id, {})
