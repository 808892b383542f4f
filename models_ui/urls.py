"""The app's addresses, by resource. An address, its name, its view and its test share one word."""

from django.urls import path

from models_ui.views import actions, activity, bulk, catalog, feeds, health, model, radar, start, sync

urlpatterns = [
    path("", start.home, name="home"),
    path("deprecations/", radar.deprecations, name="deprecations"),
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
    path("activity/", activity.activity, name="activity"),
    path("activity.csv", activity.activity_csv, name="activity_csv"),
    path("activity.json", activity.activity_json, name="activity_json"),
    path("activity/<str:action_id>/undo/", actions.undo, name="undo"),
    path("activity/<str:action_id>/settle/", actions.settle, name="settle"),
    path("bulk/", bulk.bulk, name="bulk"),
    path("bulk/<slug:job_id>/", bulk.bulk_job, name="bulk_job"),
    path("bulk/<slug:job_id>/start/", bulk.bulk_start, name="bulk_start"),
    path("bulk/<slug:job_id>/cancel/", bulk.bulk_cancel, name="bulk_cancel"),
    path("bulk/<slug:job_id>/retry/", bulk.bulk_retry, name="bulk_retry"),
    path("bulk/<slug:job_id>/resume/", bulk.bulk_resume, name="bulk_resume"),
    path("bulk/<slug:job_id>/undo/", bulk.bulk_undo, name="bulk_undo"),
    path("feeds/", feeds.feeds, name="feeds"),
    path("feeds/<int:pk>/revoke/", feeds.revoke_feed, name="revoke_feed"),
    path("feeds/<str:secret>/models.ics", feeds.models_ics, name="models_ics"),
    path("feeds/<str:secret>/changes.atom", feeds.changes_atom, name="changes_atom"),
    path("feeds/<path:rest>", feeds.no_feed, name="no_feed"),
    path("sync/", sync.sync, name="sync"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
]
