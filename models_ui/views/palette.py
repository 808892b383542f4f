"""The palette, which finds models, actions, views and pages, and the page about the keyboard."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from models_ui.catalog.palette import LONGEST_TEXT, PAGES, palette_of
from models_ui.catalog.store import load_index
from models_ui.text.plain import plain_text
from models_ui.web.request import Request, role_of_request


@require_safe
def palette(request: Request) -> HttpResponse:
    """Show the palette: a page, a dialog, or its choices alone, as htmx asks for them."""
    typed = plain_text(request.GET.get("q", ""), LONGEST_TEXT)
    model_id = request.GET.get("model", "")
    found = palette_of(typed, model_id, load_index(timezone.now()), request.user, role_of_request(request))
    part = ""
    if request.htmx:
        part = "#choices" if request.htmx.target == "palette-choices" else "#dialog"
    return render(request, f"models_ui/palette.html{part}", {"palette": found, "model_id": model_id})


@require_safe
def keyboard(request: Request) -> HttpResponse:
    """Show what each key does: a page, or a dialog for htmx."""
    pages = [page for page in PAGES if page.keys.startswith("g ")]
    return render(request, f"models_ui/keyboard.html{'#dialog' if request.htmx else ''}", {"pages": pages})
