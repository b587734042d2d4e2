"""Django's registration of the converter."""

from django.apps import AppConfig


class ConverterConfig(AppConfig):
    """The converter app."""

    name = "converter"
