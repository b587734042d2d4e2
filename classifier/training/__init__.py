"""Training of the neural model. Knows torch; knows nothing of HTTP, Celery or the database."""
