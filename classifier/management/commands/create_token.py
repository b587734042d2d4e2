"""`create_token`: a key with which a program uses the API."""

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

from classifier.accounts.tokens import create_token
from classifier.models import ApiToken


class Command(BaseCommand):
    """Makes an API token of a user."""

    help = "Make an API token and print its key, once. Revoke it in the admin."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the user, what it is for, scopes and days."""
        parser.add_argument("user", help="name of the user as whom the program acts")
        parser.add_argument("name", help="what uses the token")
        parser.add_argument(
            "--scope",
            dest="scopes",
            action="append",
            choices=ApiToken.Scope.values,
            help="what it opens, once for each; default: convert",
        )
        parser.add_argument("--days", type=int, help="until it expires; default: never")

    def handle(self, *args: Any, **options: Any) -> None:
        user = get_user_model().objects.filter(username=options["user"]).first()
        if user is None:
            raise CommandError(f"There is no user {options['user']!r}.")
        scopes = options["scopes"] or [ApiToken.Scope.CONVERT]
        _, key = create_token(user, options["name"], scopes, options["days"])
        self.stdout.write(key)
