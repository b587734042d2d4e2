"""WSGI entry point for gunicorn and for requests made in-process."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "converter.settings")

application = get_wsgi_application()
