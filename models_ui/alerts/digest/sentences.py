"""Sentences that an e-mail and a message to the webhook share."""

from django.utils.translation import gettext as _


def and_more(count: int) -> str:
    return _("And %(count)d more.") % {"count": count}
