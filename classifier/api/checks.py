"""What a host project can get wrong: system checks with the plug-in's ids, and what to do."""

from pathlib import Path
from typing import Any

from celery import current_app
from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register
from django.core.exceptions import ImproperlyConfigured
from django.urls import NoReverseMatch, reverse

from classifier.conf import SETTINGS, conf

NEEDED_APPS = ("rest_framework", "django_filters", "django_htmx")


@register("classifier")
def check_apps(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """E001: an app that the plug-in's pages or API need is not installed."""
    return [
        Error(
            f"The classifier needs the app {name!r}.",
            hint=f"Add {name!r} to INSTALLED_APPS.",
            id="classifier.E001",
        )
        for name in NEEDED_APPS
        if not apps.is_installed(name)
    ]


@register("classifier")
def check_settings(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """E002: a setting is missing, or is text that does not fit its type."""
    found: list[CheckMessage] = []
    for setting in SETTINGS:
        try:
            getattr(conf, setting.name)
        except ImproperlyConfigured as error:
            found.append(Error(str(error), hint="See classifier/conf.py.", id="classifier.E002"))
    return found


@register("classifier")
def check_folder(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """E003: the plug-in's files would be public, among what the host serves as media."""
    root = getattr(settings, "CLASSIFIER_ROOT", None)
    if not root or not settings.MEDIA_ROOT:
        return []
    if not Path(root).resolve().is_relative_to(Path(settings.MEDIA_ROOT).resolve()):
        return []
    return [
        Error(
            "CLASSIFIER_ROOT lies in MEDIA_ROOT: datasets and uploads would be public.",
            hint="Choose a folder that is not served.",
            id="classifier.E003",
        )
    ]


@register("classifier")
def check_queue(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """W001: no Celery application with a broker, so that long work has nobody to do it."""
    if current_app.conf.broker_url:
        return []
    return [
        Warning(
            "No task queue is configured: trainings and evaluations cannot be started.",
            hint="Give your Celery application a broker_url, and import it in your package.",
            id="classifier.W001",
        )
    ]


@register("classifier")
def check_urls(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """E004: the addresses are not included."""
    if not getattr(settings, "ROOT_URLCONF", ""):
        return []
    try:
        reverse("dashboard:overview"), reverse("classifier-api:classify")
    except NoReverseMatch:
        return [
            Error(
                "The classifier's addresses are not included.",
                hint='Add path("classifier/", include("classifier.urls")) to your urls.',
                id="classifier.E004",
            )
        ]
    return []
