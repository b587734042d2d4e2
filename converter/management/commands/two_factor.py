"""`two_factor`: a second factor for an account, or none any more."""

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django_otp import devices_for_user
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

_SPARE_CODES = 8


class Command(BaseCommand):
    """Set up an authenticator for an account; from then on its password alone is not enough."""

    help = "Set up a second factor for an account: prints what an authenticator app wants to know."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("user", help="name of the account")
        parser.add_argument("--off", action="store_true", help="take the second factor away")

    def handle(self, *args: Any, **options: Any) -> None:
        """Replace what the account had."""
        name = options["user"]
        user = get_user_model().objects.filter(username=name).first()
        if user is None:
            raise CommandError(f"There is no account {name}.")
        with transaction.atomic():
            for device in devices_for_user(user, confirmed=None):
                device.delete()
            if options["off"]:
                self.stdout.write(f"{name} signs in by password alone.")
                return
            device = TOTPDevice.objects.create(user=user, name="authenticator")
            spare = StaticDevice.objects.create(user=user, name="spare codes")
            codes = [StaticToken.random_token() for _ in range(_SPARE_CODES)]
            StaticToken.objects.bulk_create(StaticToken(device=spare, token=c) for c in codes)
        self.stdout.write(f"Add this to the authenticator app of {name}; it is shown once:")
        self.stdout.write(device.config_url)
        self.stdout.write("Spare codes, each good for one sign-in: " + " ".join(codes))
