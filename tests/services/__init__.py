"""Tests against real PostgreSQL, Redis, gunicorn and Celery processes: `make test-services`."""
