"""Pages in a real browser: Chromium, driven by Playwright, against a live server."""

import os
import shutil
import unittest

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.staticfiles.testing import StaticLiveServerTestCase
from django.test import Client, override_settings

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


# The live server would serve uploads and drawings as files, which the project never does.
@override_settings(MEDIA_URL="/not-served/")
@unittest.skipUnless(CHROMIUM, "Browser tests need Chromium on the PATH (chromium, google-chrome).")
class BrowserTestCase(StaticLiveServerTestCase):
    """Opens a page per test; fails on console errors, script errors and policy violations.

    `self.page` is the page; `self.expected_errors` lists parts of messages that are no fault.
    """

    @classmethod
    def setUpClass(cls):
        from playwright.sync_api import sync_playwright

        # Playwright runs an event loop in this thread, which Django's ORM takes for async code.
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
        cls.addClassCleanup(os.environ.pop, "DJANGO_ALLOW_ASYNC_UNSAFE")
        super().setUpClass()
        playwright = sync_playwright().start()
        cls.addClassCleanup(playwright.stop)
        cls.browser = playwright.chromium.launch(executable_path=CHROMIUM, args=_ARGUMENTS)
        cls.addClassCleanup(cls.browser.close)

    def setUp(self):
        self.expected_errors = []
        self.page = self.new_page()

    def new_page(self, **options):
        """Open a page in a context of its own, with Playwright's options (viewport, ...)."""
        context = self.browser.new_context(base_url=self.live_server_url, **options)
        self.addCleanup(context.close)
        page = context.new_page()
        page.set_default_timeout(30_000)
        errors = []
        page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        self.addCleanup(self._check, errors)
        return page

    def log_in(self, user=None, page=None):
        """Log the page in as a user; a new superuser if none is given. Return the user."""
        if user is None:
            name = f"staff-{get_user_model().objects.count()}"
            user = get_user_model().objects.create_superuser(name, password="not-a-secret")
        client = Client()
        client.force_login(user)
        name = settings.SESSION_COOKIE_NAME
        value = client.cookies[name].value
        (page or self.page).context.add_cookies(
            [{"name": name, "value": value, "url": self.live_server_url}]
        )
        return user

    def _check(self, errors):
        faults = [e for e in errors if not any(part in e for part in self.expected_errors)]
        self.assertEqual(faults, [], "The browser's console has errors.")
