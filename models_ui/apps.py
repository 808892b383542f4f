from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ModelsUiConfig(AppConfig):
    name = "models_ui"
    verbose_name = _("Models")
