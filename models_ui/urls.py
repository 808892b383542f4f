"""The app's addresses, by resource. Each is named after its view."""

from django.urls import path, register_converter

from models_ui.access.verbs import CARE_VERBS, Verb
from models_ui.views import (
    actions,
    activity,
    browser_reports,
    bulk,
    catalog,
    changes,
    compare,
    deletions,
    feeds,
    first_run,
    home,
    model,
    palette,
    people,
    profile,
    retirements,
    saved_lists,
    sign_on,
    sync,
    watching,
)
from models_ui.web import health, metrics


class CareConverter:
    """The verbs of what is kept here of a model: one address for all of them."""

    regex = "|".join(CARE_VERBS)

    def to_python(self, value: str) -> Verb:
        return Verb(value)

    def to_url(self, value: str) -> str:
        return value


register_converter(CareConverter, "care")

urlpatterns = [
    path("", home.home, name="home"),
    path("retirements/", retirements.retirements, name="retirements"),
    path("deprecations/", retirements.deprecations, name="deprecations"),
    path("models/", catalog.catalog, name="catalog"),
    path("models.csv", catalog.catalog_csv, name="catalog_csv"),
    path("models.json", catalog.catalog_json, name="catalog_json"),
    path("compare/", compare.compare, name="compare"),
    path("models/<str:model_id>/", model.model, name="model"),
    path("models/<str:model_id>/row/", actions.row, name="row"),
    path("models/<str:model_id>/rename/", actions.rename, name="rename"),
    path("models/<str:model_id>/describe/", actions.describe, name="describe"),
    path("models/<str:model_id>/archive/", actions.archive, name="archive"),
    path("models/<str:model_id>/unarchive/", actions.unarchive, name="unarchive"),
    path("models/<str:model_id>/protect/", actions.protect, name="protect"),
    path("models/<str:model_id>/unprotect/", actions.unprotect, name="unprotect"),
    path("models/<str:model_id>/<care:verb>/", actions.care, name="care"),
    path("models/<str:model_id>/take/", actions.take, name="take"),
    path("models/<str:model_id>/delete/", deletions.delete, name="delete"),
    path("models/<str:model_id>/delete-now/", deletions.delete_now, name="delete_now"),
    path("models/<str:model_id>/ask-deletion/", deletions.ask_deletion, name="ask_deletion"),
    path("models/<str:model_id>/decide-deletion/", deletions.decide_deletion, name="decide_deletion"),
    path("models/<str:model_id>/keep/", deletions.keep_model, name="keep_model"),
    # Behind the verbs, so that a model whose id is "by-digest" keeps them.
    path("models/by-digest/<slug:digest>/", model.model_by_digest, name="model_by_digest"),
    path("activity/", activity.activity, name="activity"),
    path("activity.csv", activity.activity_csv, name="activity_csv"),
    path("activity.json", activity.activity_json, name="activity_json"),
    path("activity/<str:action_id>/undo/", actions.undo, name="undo"),
    path("activity/<str:action_id>/settle/", actions.settle, name="settle"),
    path("changes/", changes.changes, name="changes"),
    path("changes.csv", changes.changes_csv, name="changes_csv"),
    path("changes.json", changes.changes_json, name="changes_json"),
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
    path("watching/", watching.watching, name="watching"),
    path("watching/add/", watching.add_watch, name="add_watch"),
    path("watching/digest/", watching.choose_digest, name="choose_digest"),
    path("watching/<int:pk>/stop/", watching.stop_watch, name="stop_watch"),
    path("watching/<int:pk>/acknowledge/", watching.acknowledge_watch, name="acknowledge_watch"),
    path("watching/<int:pk>/snooze/", watching.snooze_watch, name="snooze_watch"),
    path("watching/<int:pk>/resume/", watching.resume_watch, name="resume_watch"),
    path("browser-report/", browser_reports.browser_report, name="browser_report"),
    path("browser-reports/", browser_reports.browser_reports, name="browser_reports"),
    path("people/", people.people, name="people"),
    path("people/invite/", people.invite, name="invite"),
    path("people/invitations/<int:pk>/renew/", people.renew_invitation, name="renew_invitation"),
    path("people/invitations/<int:pk>/revoke/", people.revoke_invitation, name="revoke_invitation"),
    path("people/<int:pk>/role/", people.change_role, name="change_role"),
    path("people/<int:pk>/reset-second-factor/", people.reset_second_factor, name="reset_second_factor"),
    path("people/<int:pk>/deactivate/", people.deactivate, name="deactivate"),
    path("people/<int:pk>/reactivate/", people.reactivate, name="reactivate"),
    path("first-run/", first_run.first_run, name="first_run"),
    path("invitation/<str:secret>/", people.invitation, name="invitation"),
    path("sign-on/", sign_on.sign_on, name="sign_on"),
    path("sign-on/reauthenticate/", sign_on.sign_on_again, name="sign_on_again"),
    path("sign-on/callback/", sign_on.sign_on_callback, name="sign_on_callback"),
    path("sign-in-link/<str:secret>/", sign_on.sign_in_link, name="sign_in_link"),
    path("palette/", palette.palette, name="palette"),
    path("keyboard/", palette.keyboard, name="keyboard"),
    path("profile/", profile.profile, name="profile"),
    path("profile/name/", profile.change_name, name="change_name"),
    path("profile/email/", profile.change_email, name="change_email"),
    path("profile/email/keep/", profile.keep_email, name="keep_email"),
    path("profile/sessions/<int:pk>/end/", profile.end_session, name="end_session"),
    path("profile/sessions/end-others/", profile.end_other_sessions, name="end_other_sessions"),
    path("preferences/", profile.former_profile, name="former_profile"),
    path("profile/choose/", profile.choose_preference, name="choose_preference"),
    path("views/", saved_lists.saved_lists, name="saved_lists"),
    path("views/new/", saved_lists.new_saved_list, name="new_saved_list"),
    path("views/<int:pk>/", saved_lists.saved_list, name="saved_list"),
    path("views/<int:pk>/update/", saved_lists.update_saved_list, name="update_saved_list"),
    path("views/<int:pk>/delete/", saved_lists.delete_saved_list, name="delete_saved_list"),
    path("sync/", sync.sync, name="sync"),
    path("metrics", metrics.metrics, name="metrics"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
]
