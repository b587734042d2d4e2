"""Django's registration of the classifier plug-in."""

from django.apps import AppConfig


class ClassifierConfig(AppConfig):
    """The classifier app."""

    name = "classifier"
