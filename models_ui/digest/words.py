"""Sentences that an e-mail and a message to the webhook share."""

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from models_ui.models import Delivery


def lost_sentence(delivery: Delivery) -> str:
    return ngettext(
        "An earlier digest of %(day)s, with %(count)d item, may not have arrived.",
        "An earlier digest of %(day)s, with %(count)d items, may not have arrived.",
        delivery.items,
    ) % {"day": date_format(delivery.claimed_at, "j M Y"), "count": delivery.items}


def and_more(count: int) -> str:
    return _("And %(count)d more.") % {"count": count}
