from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ModelsUiConfig(AppConfig):
    name = "models_ui"
    verbose_name = _("Models")

    def ready(self) -> None:
        from models_ui.access.rate_limits import count_in_the_database

        count_in_the_database()
