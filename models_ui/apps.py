from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ModelsUiConfig(AppConfig):
    name = "models_ui"
    verbose_name = _("Models")

    def ready(self) -> None:
        from allauth.usersessions.models import UserSession
        from django.db.models.signals import pre_save

        from models_ui.access.rate_limits import count_in_the_database
        from models_ui.actions.deletion_states import note_action
        from models_ui.actions.signals import kept_changed, outcome_recorded
        from models_ui.alerts.watch_list import watch_what_they_look_after
        from models_ui.people.sessions import keep_little

        count_in_the_database()
        pre_save.connect(keep_little, sender=UserSession)
        kept_changed.connect(watch_what_they_look_after)
        outcome_recorded.connect(note_action)
