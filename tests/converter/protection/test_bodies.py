import tempfile
from collections import namedtuple
from unittest import mock

from django.conf import settings
from django.contrib.auth.models import User
from django.test import TestCase, override_settings

from classifier.conf import conf
from converter.protection.bodies import body_limit

Usage = namedtuple("Usage", "total used free")


class BodyLimitTests(TestCase):
    def send(self, path, length, **headers):
        """Claim a body; none is read where the header is enough to refuse it."""
        return self.client.generic("POST", path, b"", CONTENT_LENGTH=str(length), **headers)

    def test_every_address_has_a_limit_and_says_so_in_its_own_form(self):
        for path in ("/", "/accounts/login/", "/conversions/x/", "/batches/", "/nothing/here/"):
            with self.subTest(path):
                response = self.send(path, 400 * 2**20)
                self.assertEqual(response.status_code, 413)
                self.assertIn("all that this address takes", response.content.decode())
        response = self.send("/api/v1/batches/", 400 * 2**20)
        self.assertEqual(response.status_code, 413)
        self.assertEqual(response.json()["status"], 413)

    def test_an_address_takes_what_it_is_for(self):
        self.assertGreater(body_limit("/"), settings.CONVERTER_MAX_BATCH_BYTES)
        self.assertGreater(body_limit("/api/v1/classify/"), conf.MAX_IMAGES_BYTES)
        self.assertLess(body_limit("/accounts/login/"), 8 * 2**20)

    def test_only_staff_send_large_files_to_staffs_addresses(self):
        path = "/admin/classifier/dataset/add/"
        self.assertEqual(self.send(path, 500 * 2**20).status_code, 403)
        user = User.objects.create_superuser("boss", password="x")
        self.client.force_login(user)
        self.assertNotEqual(self.send(path, 500 * 2**20).status_code, 403)

    def test_without_room_on_the_disk_uploads_get_507_and_pages_go_on(self):
        usage = Usage(10**12, 0, settings.MIN_FREE_BYTES + 10 * 2**20)
        with mock.patch("shutil.disk_usage", return_value=usage):
            self.assertEqual(self.send("/", 50 * 2**20).status_code, 507)
            self.assertEqual(self.send("/api/v1/batches/", 50 * 2**20).json()["status"], 507)
            self.assertEqual(self.client.get("/").status_code, 200)

    def test_both_the_temporary_and_the_data_folder_need_room(self):
        asked = []

        def usage(folder):
            asked.append(str(folder))
            return Usage(10**12, 0, 10**12)

        with mock.patch("shutil.disk_usage", side_effect=usage):
            self.send("/", 50 * 2**20)
        self.assertEqual(sorted(asked), sorted([tempfile.gettempdir(), str(settings.VAR_DIR)]))

    @override_settings(CONVERTER_MAX_BATCH_BYTES=1000)
    def test_the_limits_are_those_of_the_settings(self):
        self.assertEqual(self.send("/", 3 * 2**20).status_code, 413)
