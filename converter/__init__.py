"""The host project: settings and pages, and the way from an uploaded logo to its SVG."""

from converter.celery import app as celery_app

__all__ = ["celery_app"]
