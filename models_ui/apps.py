from django.apps import AppConfig
from django.conf import settings
from django.utils.translation import gettext_lazy as _


class ModelsUiConfig(AppConfig):
    name = "models_ui"
    verbose_name = _("Models")

    def ready(self) -> None:
        from allauth.mfa.models import Authenticator
        from allauth.mfa.signals import authenticator_removed
        from allauth.usersessions.models import UserSession
        from django.contrib.auth.signals import user_logged_in
        from django.db.models.signals import post_save, pre_save

        from models_ui.access.people import person_renamed
        from models_ui.access.rate_limits import count_in_the_database
        from models_ui.actions.deletion_states import note_action, rename_in_warnings
        from models_ui.actions.model_row import rename_in_rows
        from models_ui.actions.signals import kept_changed, outcome_recorded
        from models_ui.alerts.feeds.addresses import rename_in_addresses
        from models_ui.alerts.watch_list import watch_what_they_look_after
        from models_ui.bulk.renamed_people import rename_in_jobs
        from models_ui.catalog.saved_lists import rename_in_lists
        from models_ui.people.rename import rename_before_save
        from models_ui.people.second_factors import note_removed, note_stored
        from models_ui.people.sessions import keep_little, note_signed_in
        from models_ui.web.second_factors import note_codes_in_the_database

        count_in_the_database()
        note_codes_in_the_database()
        post_save.connect(note_stored, sender=Authenticator)
        authenticator_removed.connect(note_removed)
        pre_save.connect(rename_before_save, sender=settings.AUTH_USER_MODEL)
        for follow in (rename_in_rows, rename_in_warnings, rename_in_lists, rename_in_addresses, rename_in_jobs):
            person_renamed.connect(follow)
        user_logged_in.connect(note_signed_in)
        pre_save.connect(keep_little, sender=UserSession)
        kept_changed.connect(watch_what_they_look_after)
        outcome_recorded.connect(note_action)
