"""What stops working, when, and what to use instead, as sentences for those who read outside the dashboard."""

from collections.abc import Iterator
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from models_ui.catalog.risks import Risk
from models_ui.retirements.endings import Ending
from models_ui.text.humanize import in_days, utc_moment
from models_ui.text.isolation import fill


def ending_sentence(ending: Ending) -> str:
    words = {"model": ending.row.label, "when": utc_moment(ending.at), "days": in_days(ending.days)}
    return fill(_("%(model)s stops working on %(when)s, %(days)s."), words)


def risk_sentence(risk: Risk) -> str:
    """Return what a fine-tune has to fear of its base model's end. The risk has to have a date."""
    assert risk.base is not None and risk.at is not None and risk.days is not None
    words = {
        "model": risk.row.label,
        "base": risk.base.model_id,
        "when": utc_moment(risk.at),
        "days": in_days(risk.days),
    }
    return fill(
        _(
            "%(model)s may stop working: its base model %(base)s does on %(when)s, %(days)s, and Mistral does not say "
            "what happens to fine-tunes of it."
        ),
        words,
    )


def inherited_date_sentence(model: str, base: str, at: datetime) -> str:
    """Return what a fine-tune has to fear, for a text that does not change from day to day."""
    words = {"model": model, "base": base, "when": utc_moment(at)}
    return fill(
        _(
            "%(model)s may stop working on %(when)s: its base model %(base)s does, and Mistral does not say what "
            "happens to fine-tunes of it."
        ),
        words,
    )


def sooner_base_sentence(base: str, at: datetime) -> str:
    words = {"base": base, "when": utc_moment(at)}
    return fill(_("Its base model %(base)s stops working before, on %(when)s."), words)


def replacement_sentences(ending: Ending) -> Iterator[str]:
    """Yield what Mistral names as its replacement, as far as that leads anywhere."""
    instead = ending.replacement
    words = {"model": instead.named, "today": instead.row.model_id if instead.row else ""}
    if instead.outcome == "none":
        yield _("Mistral names no replacement.")
    elif instead.outcome == "unknown":
        yield fill(_("Mistral names %(model)s as its replacement, which is not in the list."), words)
    elif instead.outcome == "itself":
        yield fill(_("Mistral names %(model)s as its replacement, which leads back to this model."), words)
    elif instead.outcome == "several":
        yield fill(_("Mistral names %(model)s as its replacement, which leads to several models."), words)
    elif instead.by_alias:
        yield fill(_("Replacement: %(today)s (Mistral calls it %(model)s)."), words)
    else:
        yield fill(_("Replacement: %(model)s."), words)
    if instead.at:
        yield fill(_("That one stops working itself on %(when)s."), {"when": utc_moment(instead.at)})


def fine_tune_sentences(ending: Ending) -> Iterator[str]:
    """Yield how many fine-tunes were trained from it, if any."""
    if count := ending.fine_tune_count:
        yield ngettext(
            "%(count)d fine-tune was trained from it; Mistral does not say what happens to it.",
            "%(count)d fine-tunes were trained from it; Mistral does not say what happens to them.",
            count,
        ) % {"count": count}
