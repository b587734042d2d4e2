"""`python manage.py promote`: let a version serve, or go back to the one before."""

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.core.management.base import BaseCommand, CommandError

from classifier.inference.manifest import ModelError
from classifier.models import ModelVersion
from classifier.versions.history import version_before
from classifier.versions.promotion import promote, roll_back
from classifier.versions.registry import VersionError


class Command(BaseCommand):
    """Promotes under somebody's name, by the same gate as the pages."""

    help = "Promote a version to production, or with --back return to the one that served before."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the version, who promotes it, and why."""
        parser.add_argument("version", nargs="?", help="name of a version")
        parser.add_argument("--back", action="store_true", help="go back to the version before")
        parser.add_argument("--user", required=True, help="account that promotes it")
        parser.add_argument(
            "--reason", default="", help="why; has to be given if a check is red, and then the "
            "account needs the right override_gate"
        )  # fmt: skip

    def handle(self, *args: Any, **options: Any) -> None:
        """Promote it, or say what is red."""
        if bool(options["version"]) == options["back"]:
            raise CommandError("Name a version, or give --back.")
        user = self._user(options["user"])
        version = version_before() if options["back"] else self._version(options["version"])
        if version is None:
            raise CommandError("There is no version to go back to.")
        change = roll_back if options["back"] else promote
        try:
            change(version, user, options["reason"])
        except (ModelError, VersionError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{version} serves now.")

    def _user(self, name: str) -> AbstractBaseUser:
        model = get_user_model()
        user = model.objects.filter(**{model.USERNAME_FIELD: name}).first()
        if user is None or not user.has_perm("classifier.change_modelversion"):
            raise CommandError(f"No account {name!r} may promote versions.")
        return user

    def _version(self, name: str) -> ModelVersion:
        version = ModelVersion.objects.filter(name=name).first()
        if version is None:
            names = ", ".join(ModelVersion.objects.values_list("name", flat=True)) or "none yet"
            raise CommandError(f"There is no version {name!r}; there are: {names}.")
        return version
