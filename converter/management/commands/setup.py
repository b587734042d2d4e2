"""`python manage.py setup`: bring database, model and first account into being."""

import secrets
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand

from converter.tracers import tracers

_PASSWORD_BYTES = 12


class Command(BaseCommand):
    """Prepares what serving needs. Running it again changes nothing that is there."""

    help = (
        "Migrate, register the bundled model, compile the tracer, and create an admin user if "
        "there is none."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it, saying what was done."""
        call_command("migrate", interactive=False, verbosity=0, stdout=self.stdout)
        _keep_private()
        self.stdout.write("The database is up to date.")
        call_command("register_bundled", stdout=self.stdout, stderr=self.stderr)
        self._compile_tracer()
        self._create_admin()

    def _compile_tracer(self) -> None:
        self.stdout.write("Preparing the tracer (a minute or two the first time) ...")
        pool = tracers()
        pool.warm()
        pool.end()

    def _create_admin(self) -> None:
        users = get_user_model().objects
        if users.filter(is_superuser=True).exists():
            return
        name = "admin"
        while users.filter(username=name).exists():
            name = f"admin-{secrets.token_hex(3)}"
        password = secrets.token_urlsafe(_PASSWORD_BYTES)
        users.create_superuser(name, password=password)
        self.stdout.write(
            "\nAn admin account was created. Its password is shown this once:\n"
            f"    user      {name}\n    password  {password}\n"
        )


def _keep_private() -> None:
    """Let nobody else on this machine read a database that is a file."""
    database = settings.DATABASES["default"]
    if database["ENGINE"] == "django.db.backends.sqlite3":
        for suffix in ("", "-wal", "-shm"):
            path = Path(f"{database['NAME']}{suffix}")
            if path.is_file():
                path.chmod(0o600)
