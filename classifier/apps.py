"""Django's registration of the classifier plug-in."""

from django.apps import AppConfig


class ClassifierConfig(AppConfig):
    """The plug-in: registers its system checks and its kinds of work at start."""

    name = "classifier"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Fill the registry of kinds of work, and register the system checks."""
        # Both need the models, which are loaded by now.
        from classifier.api import checks  # noqa: F401 - they register themselves
        from classifier.work import kinds

        kinds.load()
