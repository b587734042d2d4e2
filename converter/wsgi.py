"""WSGI entry point for gunicorn and for requests made in-process."""

import os

from django.core.wsgi import get_wsgi_application

from converter.monitoring.spans import start_if_wanted

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "converter.settings")

start_if_wanted()  # before the middleware is loaded, of which it becomes a part
application = get_wsgi_application()
