import re
from io import StringIO

from axes.models import AccessAttempt
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import TestCase, override_settings
from django_otp.oath import totp
from django_otp.plugins.otp_static.models import StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from converter.models import AuditEntry

LOGIN = "/accounts/login/"


@override_settings(AXES_ENABLED=True, AXES_FAILURE_LIMIT=3)
class ThrottlingTests(TestCase):
    def setUp(self):
        self.user = User.objects.create_user("ann", password="right")

    def sign_in(self, password="wrong", name="ann", address="127.0.0.1", path=LOGIN, **headers):
        data = {"username": name, "password": password}
        return self.client.post(path, data, REMOTE_ADDR=address, headers=headers)

    def test_after_some_wrong_passwords_an_address_has_to_wait(self):
        codes = [self.sign_in(name=f"user{i}").status_code for i in range(5)]
        self.assertEqual(codes, [200, 200, 429, 429, 429])
        response = self.sign_in("right")
        self.assertEqual(response.status_code, 429)
        self.assertIn("Try again in 15 minutes", response.content.decode())
        self.assertEqual(response["Retry-After"], "900")

    def test_an_account_is_not_guessed_at_from_many_addresses(self):
        codes = [self.sign_in(address=f"10.0.0.{i}").status_code for i in range(5)]
        self.assertEqual(codes, [200, 200, 429, 429, 429])

    def test_its_owner_still_signs_in_from_where_they_did_before(self):
        self.assertEqual(self.sign_in("right", address="10.9.9.9").status_code, 302)
        self.client.logout()
        for i in range(5):
            self.sign_in(address=f"10.0.0.{i}")
        self.assertEqual(self.sign_in("right", address="10.9.9.9").status_code, 302)

    def test_invented_addresses_do_not_help(self):
        codes = [self.sign_in(**{"X-Forwarded-For": f"10.0.0.{i}"}).status_code for i in range(4)]
        self.assertEqual(codes, [200, 200, 429, 429])

    def test_the_admin_signs_in_at_the_same_place(self):
        response = self.client.get("/admin/login/?next=/admin/")
        self.assertRedirects(response, f"{LOGIN}?next=/admin/", fetch_redirect_response=False)

    def test_failures_and_the_lockout_are_in_the_log_and_in_the_audit_log_once(self):
        with self.assertLogs("converter.monitoring.sign_ins", "WARNING") as logs:
            for _ in range(6):
                self.sign_in()
        actions = [entry.action for entry in AuditEntry.objects.order_by("pk")]
        self.assertEqual(actions.count("Failed to sign in"), 2)
        self.assertEqual(actions.count("Was locked out for too many wrong passwords"), 1)
        self.assertEqual({entry.source for entry in AuditEntry.objects.all()}, {"127.0.0.1"})
        self.assertEqual(len(logs.output), 3)
        self.assertNotIn("wrong", AuditEntry.objects.values_list("values", flat=True)[0])

    def test_a_sign_in_is_logged_and_forgives_what_was_wrong_before(self):
        self.sign_in()
        with self.assertLogs("converter.monitoring.sign_ins", "INFO") as logs:
            self.sign_in("right")
        self.assertIn("ann: Signed in, from 127.0.0.1", logs.output[0])
        self.assertEqual(AccessAttempt.objects.count(), 0)


class TwoFactorTests(TestCase):
    def setUp(self):
        self.user = User.objects.create_superuser("ann", password="right")

    def sign_in(self, code=""):
        return self.client.post(LOGIN, {"username": "ann", "password": "right", "code": code})

    def set_up(self):
        out = StringIO()
        call_command("two_factor", "ann", stdout=out)
        return out.getvalue()

    def test_without_a_device_the_password_is_enough(self):
        self.assertEqual(self.sign_in().status_code, 302)

    def test_with_a_device_it_takes_the_code(self):
        self.assertIn("otpauth://totp/", self.set_up())
        self.assertContains(self.sign_in(), "Enter the code")
        self.assertContains(self.sign_in("000000"), "Enter the code")
        self.assertNotIn("_auth_user_id", self.client.session)
        TOTPDevice.objects.update(throttling_failure_count=0)
        device = TOTPDevice.objects.get()
        self.assertEqual(self.sign_in(f"{totp(device.bin_key):06d}").status_code, 302)

    def test_codes_cannot_be_guessed_one_after_the_other(self):
        self.set_up()
        self.sign_in("000000")
        device = TOTPDevice.objects.get()
        self.assertContains(self.sign_in(f"{totp(device.bin_key):06d}"), "Enter the code")

    def test_a_spare_code_is_good_for_once(self):
        self.set_up()
        code = StaticToken.objects.first().token
        self.assertEqual(self.sign_in(code).status_code, 302)
        self.client.logout()
        self.assertEqual(self.sign_in(code).status_code, 200)

    def test_the_command_replaces_and_takes_away(self):
        first = re.search(r"secret=(\w+)", self.set_up()).group(1)
        self.assertNotEqual(first, re.search(r"secret=(\w+)", self.set_up()).group(1))
        self.assertEqual(TOTPDevice.objects.count(), 1)
        call_command("two_factor", "ann", "--off", stdout=StringIO())
        self.assertEqual(self.sign_in().status_code, 302)
        with self.assertRaisesMessage(CommandError, "no account bob"):
            call_command("two_factor", "bob")

    @override_settings(TWO_FACTOR_REQUIRED=True)
    def test_it_can_be_demanded_of_staff(self):
        self.assertContains(self.sign_in(), "manage.py two_factor ann")
        User.objects.update(is_staff=False)
        self.assertEqual(self.sign_in().status_code, 302)
