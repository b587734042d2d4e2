"""Django's registration of the converter."""

from django.apps import AppConfig


class ConverterConfig(AppConfig):
    """The converter app."""

    name = "converter"

    def ready(self) -> None:
        """Listen to sign-ins."""
        from converter.monitoring import sign_ins  # noqa: F401
