"""Models side by side. The address names them, so that it can be given to a colleague."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from models_ui.catalog.comparison import FEWEST, MOST, ModelComparison
from models_ui.catalog.store import load_index
from models_ui.listing.querystring import split_query
from models_ui.web.request import Request, query_string


@require_safe
def compare(request: Request) -> HttpResponse:
    """Show the models of `?model=a&model=b`: only what differs, or with `show=all` everything."""
    pairs, _rest = split_query(query_string(request))
    ids = [value for name, value in pairs if name == "model" and value]
    with_all = ("show", "all") in pairs
    now = timezone.now()
    page = ModelComparison(ids, load_index(now), now, with_all=with_all)
    asked = urlencode([("model", model_id) for model_id in ids])
    words = {"page": page, "asked": asked, "fewest": FEWEST, "most": MOST, "nav": "catalog"}
    return render(request, "models_ui/compare.html", words)
