"""The app's addresses, by resource. An address, its name, its view and its test share one word."""

from django.urls import path
from django.views.generic import RedirectView

from models_ui.views import catalog, health, model, sync

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="catalog"), name="home"),
    path("models/", catalog.catalog, name="catalog"),
    path("models.csv", catalog.catalog_csv, name="catalog_csv"),
    path("models.json", catalog.catalog_json, name="catalog_json"),
    path("models/<str:model_id>/", model.model, name="model"),
    path("sync/", sync.sync, name="sync"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
]
