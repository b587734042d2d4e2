"""Django's registration of the classifier plug-in."""

from django.apps import AppConfig


class ClassifierConfig(AppConfig):
    """The classifier app."""

    name = "classifier"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Fill the registry of kinds of work."""
        from classifier.work import kinds  # needs the models, which are loaded by now

        kinds.load()
