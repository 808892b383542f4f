"""The app's addresses, by resource. An address, its name, its view and its test share one word."""

from django.urls import path
from django.views.generic import RedirectView

from models_ui.views import actions, catalog, health, model, sync

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="catalog"), name="home"),
    path("models/", catalog.catalog, name="catalog"),
    path("models.csv", catalog.catalog_csv, name="catalog_csv"),
    path("models.json", catalog.catalog_json, name="catalog_json"),
    path("models/<str:model_id>/", model.model, name="model"),
    path("models/<str:model_id>/row/", actions.row, name="row"),
    path("models/<str:model_id>/rename/", actions.rename, name="rename"),
    path("models/<str:model_id>/describe/", actions.describe, name="describe"),
    path("models/<str:model_id>/archive/", actions.archive, name="archive"),
    path("models/<str:model_id>/unarchive/", actions.unarchive, name="unarchive"),
    path("models/<str:model_id>/protect/", actions.protect, name="protect"),
    path("models/<str:model_id>/unprotect/", actions.unprotect, name="unprotect"),
    path("models/<str:model_id>/delete/", actions.delete, name="delete"),
    path("activity/<str:action_id>/undo/", actions.undo, name="undo"),
    path("activity/<str:action_id>/settle/", actions.settle, name="settle"),
    path("sync/", sync.sync, name="sync"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
]
