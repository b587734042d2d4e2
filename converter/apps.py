"""Django's registration of the converter."""

from django.apps import AppConfig


class ConverterConfig(AppConfig):
    """The host's app: pages, API, batches and the tracer."""

    name = "converter"

    def ready(self) -> None:
        from converter.monitoring import sign_ins  # noqa: F401
        from converter.monitoring.reserved_files import reserve_files

        reserve_files()
