"""The database of a machine on which nothing has run yet."""

import sys

from django.core.management import call_command
from django.db import connection

from classifier.models import Dataset


def ensure_database() -> None:
    """Create the database if it has no tables yet, so that a command is the only step."""
    if Dataset._meta.db_table not in connection.introspection.table_names():
        print("Creating the database.", file=sys.stderr)
        call_command("migrate", interactive=False, verbosity=0)
