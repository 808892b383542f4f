"""The home page: which models end and which fine-tunes end with them, what needs a person, and what changed lately.

Models and their dates come from the index. Deletions to decide, actions of unknown outcome, watched models, failed jobs
and recent changes are read from the database.
"""

from datetime import datetime
from functools import cached_property

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from models_ui.alerts.needs import needs_of
from models_ui.bulk.failures import failed_jobs
from models_ui.catalog.headline import Headline, headline_of
from models_ui.catalog.index import CatalogIndex
from models_ui.catalog.query import CatalogQuery
from models_ui.catalog.status import ANSWERING, LISTED
from models_ui.catalog.store import load_index
from models_ui.changes.recent import recent_changes
from models_ui.mirror.state import describe_freshness, mirror_state
from models_ui.retirements.endings import retirements_at
from models_ui.retirements.families import families_at
from models_ui.retirements.page import EndingLine, ending_line
from models_ui.retirements.what_ends import WhatEnds, draw_what_ends
from models_ui.vocabulary import BASE, FINE_TUNED
from models_ui.web.request import Request, last_visit_of, role_of_request

NEXT = 5


@require_safe
def home(request: Request) -> HttpResponse:
    mirror, now = mirror_state(), timezone.now()
    index = load_index(now, mirror.version)
    context = {
        "page": HomePage(index, now),
        "freshness": describe_freshness(mirror, now),
        "changes": recent_changes(index, now, last_visit_of(request)),
        "needs": needs_of(request.user, role_of_request(request), index, now),
        "failed_jobs": failed_jobs(now),
    }
    return render(request, "models_ui/home.html", context)


class HomePage:
    """The part of the page that comes from the index. Each number counts the models of the catalog page it links to."""

    live_query = CatalogQuery(status=ANSWERING)
    retiring_query = CatalogQuery(type=(BASE,), status=("retiring",), sort="deprecation")
    our_query = CatalogQuery(type=(FINE_TUNED,))
    our_live_query = CatalogQuery(type=(FINE_TUNED,), status=ANSWERING)

    def __init__(self, index: CatalogIndex, now: datetime) -> None:
        self.index = index
        self.now = now

    @property
    def catalog_size(self) -> int:
        return len(self.index.rows)

    @property
    def headline(self) -> Headline | None:
        return headline_of(CatalogQuery(), self.index, self.now)

    @property
    def ours(self) -> int:
        return self.index.count(self.our_query.changed(status=LISTED))

    @property
    def our_live(self) -> int:
        return self.index.count(self.our_live_query)

    @property
    def live(self) -> int:
        return self.index.count(self.live_query)

    @property
    def retiring(self) -> int:
        return self.index.count(self.retiring_query)

    @cached_property
    def picture(self) -> WhatEnds:
        return draw_what_ends(families_at(self.index, self.now), self.index, self.now)

    @property
    def next(self) -> list[EndingLine]:
        """The models that end next, for those who have no fine-tunes."""
        return [ending_line(ending, self.index) for ending in retirements_at(self.index, self.now).ahead[:NEXT]]
