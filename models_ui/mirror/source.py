"""The sources of a run's list, and its clock."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from django.conf import settings
from django.utils import timezone

from models_ui.mirror.pending import CONFIRM_AFTER
from models_ui.services.cards import ModelCard, ModelList
from models_ui.services.models_api import ModelsAPI


class Source(Protocol):
    """A list of models and a clock, which is the run's."""

    @property
    def upstream(self) -> str:
        """The name that its rows are bound to."""

    @property
    def is_start(self) -> bool:
        """Whether the story only starts with it, so that nothing in it is news."""

    @property
    def confirm_after(self) -> timedelta:
        """How long answers must agree before one is believed."""

    @property
    def lists_archived(self) -> bool:
        """Whether archived models stay in the list, so that one that leaves it is gone."""

    def now(self) -> datetime: ...

    def list(self) -> ModelList: ...

    def retrieve(self, model_id: str) -> ModelCard: ...


class Live:
    """The Models API that the settings name, and the clock on the wall."""

    is_start = False
    confirm_after = CONFIRM_AFTER

    def __init__(self, api: ModelsAPI) -> None:
        self._api = api

    @property
    def upstream(self) -> str:
        """So written that two spellings of one address are the same."""
        return "sandbox" if settings.DEMO else self._api.transport.base_url

    @property
    def lists_archived(self) -> bool:
        return self._api.dialect.lists_archived

    def now(self) -> datetime:
        return timezone.now()

    def list(self) -> ModelList:
        # The run's clock, by which the other moments of a run are told, says when the list came.
        return replace(self._api.list(), fetched_at=self.now())

    def retrieve(self, model_id: str) -> ModelCard:
        return self._api.retrieve(model_id)
