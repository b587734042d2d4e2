"""Traces for OpenTelemetry: requests, tasks and conversions, where OTEL_ variables ask for them.

Nothing of OpenTelemetry is imported before, and no package of it has to be installed otherwise.
"""

import os
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from django.core.exceptions import ImproperlyConfigured

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter, SpanProcessor

_ASKING = (
    "OTEL_TRACES_EXPORTER",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
)
_SERVICE = "logo-to-svg"
_PROBES = "healthz,readyz,metrics,static/"  # they would be most of all traces
_provider: "TracerProvider | None" = None  # of this process, once it traces
Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


def wanted() -> bool:
    """Whether the environment asks for traces."""
    if os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return False
    return any(os.environ.get(name, "none") not in ("", "none") for name in _ASKING)


def start_if_wanted(**signal: Any) -> None:
    """Trace this process from now on, if the environment asks for it. A receiver for Celery, too.

    Raises:
        ImproperlyConfigured: if it does, and the packages are missing or the exporter is unknown.
    """
    if _provider is not None or not wanted():
        return
    try:
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        start(BatchSpanProcessor(_exporter()))
    except ImportError as error:
        raise ImproperlyConfigured(
            f"OTEL_ variables ask for traces, and a package is missing: {error}. "
            "Install logo-classifier[opentelemetry], or take the variables away."
        ) from error


def start(processor: "SpanProcessor") -> None:
    """Trace requests, tasks and conversions; `processor` takes the finished spans."""
    global _provider
    from opentelemetry.instrumentation.celery import CeleryInstrumentor
    from opentelemetry.instrumentation.django import DjangoInstrumentor
    from opentelemetry.sdk.resources import SERVICE_NAME, Resource
    from opentelemetry.sdk.trace import TracerProvider

    named = os.environ.get("OTEL_SERVICE_NAME") or _SERVICE
    _provider = TracerProvider(resource=Resource.create({SERVICE_NAME: named}))
    _provider.add_span_processor(processor)
    left_out = os.environ.get("OTEL_PYTHON_DJANGO_EXCLUDED_URLS", _PROBES)
    DjangoInstrumentor().instrument(tracer_provider=_provider, excluded_urls=left_out)
    CeleryInstrumentor().instrument(tracer_provider=_provider)


def stop() -> None:
    """Send what is left, and trace no more."""
    global _provider
    if _provider is None:
        return
    from opentelemetry.instrumentation.celery import CeleryInstrumentor
    from opentelemetry.instrumentation.django import DjangoInstrumentor

    CeleryInstrumentor().uninstrument()
    DjangoInstrumentor().uninstrument()
    _provider.shutdown()
    _provider = None


def traced(
    name: str, describe: Callable[[Result], dict[str, Any]]
) -> Callable[[Callable[Parameters, Result]], Callable[Parameters, Result]]:
    """Make a function's calls spans of that name: a decorator, free where nothing is traced.

    Args:
        name: of the spans.
        describe: gives a span's attributes, of what the function returned.
    """

    def decorate(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
        @wraps(function)
        def called(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
            if _provider is None:
                return function(*args, **kwargs)
            with _provider.get_tracer(__name__).start_as_current_span(name) as span:
                result = function(*args, **kwargs)
                span.set_attributes(describe(result))
                return result

        return called

    return decorate


def _exporter() -> "SpanExporter":
    kind = os.environ.get("OTEL_TRACES_EXPORTER") or "otlp"
    if kind == "console":
        from opentelemetry.sdk.trace.export import ConsoleSpanExporter

        return ConsoleSpanExporter()
    if kind == "otlp":
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

        return OTLPSpanExporter()
    raise ImproperlyConfigured(f"OTEL_TRACES_EXPORTER={kind!r}: otlp, console and none are known.")
