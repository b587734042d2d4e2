from pathlib import Path
from unittest import mock

from django.conf import settings
from django.test import SimpleTestCase, override_settings
from django.urls import clear_url_caches, path

from classifier.api import checks

urlpatterns = [path("elsewhere/", lambda request: None, name="elsewhere")]


class CheckTests(SimpleTestCase):
    def ids(self, check):
        found = check(None)
        self.assertTrue(all(message.hint for message in found))
        return [message.id for message in found]

    def test_this_project_passes(self):
        for check in (
            checks.check_apps, checks.check_settings, checks.check_folder, checks.check_queue,
            checks.check_urls,
        ):  # fmt: skip
            self.assertEqual(self.ids(check), [], check.__name__)

    def test_a_missing_app_is_named(self):
        installed = [app for app in settings.INSTALLED_APPS if app != "rest_framework"]
        with mock.patch("django.apps.apps.is_installed", side_effect=installed.__contains__):
            (error,) = checks.check_apps(None)
        self.assertEqual(error.id, "classifier.E001")
        self.assertIn("rest_framework", error.msg)

    @override_settings(CLASSIFIER_ROOT=None, CLASSIFIER_THREADS="two")
    def test_missing_and_odd_settings_are_named(self):
        self.assertEqual(self.ids(checks.check_settings), ["classifier.E002"] * 2)

    def test_a_public_folder_is_refused(self):
        with override_settings(CLASSIFIER_ROOT=Path(settings.MEDIA_ROOT) / "logos"):
            self.assertEqual(self.ids(checks.check_folder), ["classifier.E003"])

    def test_a_project_without_a_queue_is_warned(self):
        with mock.patch.object(checks, "current_app") as app:
            app.conf.broker_url = None
            self.assertEqual(self.ids(checks.check_queue), ["classifier.W001"])

    def test_addresses_that_are_not_included_are_an_error(self):
        self.addCleanup(clear_url_caches)
        with override_settings(ROOT_URLCONF=__name__):
            clear_url_caches()
            self.assertEqual(self.ids(checks.check_urls), ["classifier.E004"])
