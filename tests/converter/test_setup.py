import io
import re
from unittest import mock

from django.contrib.auth import authenticate, get_user_model
from django.core.management import call_command
from django.test import TestCase


class SetupTests(TestCase):
    def setUp(self):
        # The model that comes with the plug-in is the plug-in's business.
        patch = mock.patch("converter.management.commands.setup.call_command")
        self.called = patch.start()
        self.addCleanup(patch.stop)

    def setup_project(self):
        output = io.StringIO()
        call_command("setup", stdout=output)
        return output.getvalue()

    def test_it_migrates_and_registers_the_model(self):
        self.setup_project()
        self.assertEqual(
            [call.args[0] for call in self.called.call_args_list], ["migrate", "register_bundled"]
        )

    def test_it_makes_an_admin_whose_password_it_shows_once(self):
        password = re.search(r"^ +password +(\S+)$", self.setup_project(), re.MULTILINE)[1]
        user = authenticate(username="admin", password=password)
        self.assertTrue(user.is_superuser)
        self.assertNotIn("password", self.setup_project())
        self.assertEqual(get_user_model().objects.count(), 1)

    def test_it_takes_no_name_from_anybody(self):
        get_user_model().objects.create_user("admin")
        self.assertRegex(self.setup_project(), r"user +admin-[0-9a-f]{6}\n")
