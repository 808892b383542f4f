"""What other rooms may do in the transaction of an action."""

from typing import Final

from django.dispatch import Signal

# Sent with the row, the field and its value before, once something that is kept here has changed.
kept_changed: Final = Signal()

# Sent with the row, which is locked, and the event that tells the outcome of an action on it, whatever that is.
outcome_recorded: Final = Signal()
