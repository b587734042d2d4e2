"""A batch that is converted: narrowed down, traced again, renamed and deleted."""

from django.core.files.storage import default_storage
from django.test import Client, override_settings

from converter.intake import convert_item
from converter.models import Batch, BatchItem, Conversion
from tests.converter.images import encoded, logo
from tests.converter.test_batches import BatchTestCase, upload


class ChangingTests(BatchTestCase):
    def setUp(self):
        super().setUp()
        self.order(
            upload(name="a.png"), upload(b"x", "bad.png"), upload(name="c.png"), send=convert_item
        )
        self.batch = Batch.objects.get()
        self.path = f"/batches/{self.batch.pk}/"

    def change(self, send=convert_item, **values):
        with self.queue(send) as delay:
            page = self.client.post(f"{self.path}change/", values, follow=True)
        return page, delay

    def presets(self):
        return [item.conversion and item.conversion.preset for item in self.batch.items.all()]

    def test_it_is_narrowed_by_preset_quality_and_failure(self):
        with override_settings(CONVERTER_POOR_FIDELITY=1.01):
            for show, here, gone in (
                ("simple", "a.png", "Choose bad.png"), ("failed", "Choose bad.png", "Choose a.png"),
                ("poor", "Choose a.png", "Choose bad.png"),
            ):  # fmt: skip
                page = self.client.get(f"{self.path}?show={show}")
                self.assertContains(page, here)
                self.assertNotContains(page, gone)

    def test_the_chosen_are_traced_again_by_workers(self):
        _, delay = self.change(chosen=["0"], preset="text")
        self.assertEqual(delay.call_count, 1)
        self.assertContains(self.client.get(self.path), "2 of 3 converted, 1 failed")
        self.assertEqual(self.presets(), ["text", None, "simple"])
        self.assertTrue(self.batch.items.first().conversion.corrected)
        self.assertEqual(Conversion.objects.count(), 2)

    def test_until_a_worker_comes_the_earlier_drawing_is_there(self):
        page, _ = self.change(send=None, chosen=["0", "2"], preset="text")
        self.assertContains(page, "0 of 3 converted, 1 failed")
        self.assertEqual(self.presets(), ["simple", None, "simple"])
        self.client.post(f"{self.path}cancel/")
        statuses = list(self.batch.items.values_list("status", flat=True))
        self.assertEqual(statuses, ["done", "failed", "done"])

    def test_what_has_no_drawing_cannot_be_traced_again(self):
        self.change(chosen=["1"], preset="text")
        self.assertEqual(self.batch.items.get(position=1).status, "failed")

    def test_noise_of_the_upload_is_remembered(self):
        self.order(upload(encoded(logo().convert("RGB"), "JPEG"), "photo.jpg"), send=convert_item)
        found = Conversion.objects.get(name="photo.jpg")
        self.assertTrue(found.lossy and found.read_original().lossy)

    def test_the_chosen_are_deleted_with_their_files(self):
        files = [item.conversion.svg.name for item in self.batch.items.filter(position=2)]
        page, _ = self.change(chosen=["1", "2"], delete="")
        self.assertContains(page, "2 logos are deleted")
        self.assertEqual(list(self.batch.items.values_list("name", flat=True)), ["a.png"])
        self.assertFalse(any(default_storage.exists(name) for name in files))

    def test_nothing_chosen_changes_nothing_and_says_so(self):
        for values in ({"delete": ""}, {"chosen": ["99", "x"], "delete": ""}):
            page, _ = self.change(**values)
            self.assertContains(page, "Choose some logos first")
        page, _ = self.change(chosen=["0"], preset="nonsense")
        self.assertContains(page, "Choose one of the presets")
        self.assertEqual(BatchItem.objects.count(), 3)

    def test_settings_that_cannot_be_are_told_by_name_and_range(self):
        for values, words in (
            ({"preset": "text", "colours": "4.5"}, "colours must be a whole number from 2 to 64"),
            ({"preset": "text", "smoothing": "much"}, "smoothing must be a number from 0.3 to 3"),
            ({"preset": "text", "colours": "99"}, "colours is 99; it must be from 2 to 64"),
            ({"preset": "plain", "colours": "4"}, "The preset plain has no colours"),
        ):
            with self.subTest(values):
                page, delay = self.change(chosen=["0"], **values)
                self.assertContains(page, words)
                self.assertFalse(delay.called)

    def test_each_logo_that_is_traced_again_counts_against_the_limit(self):
        with override_settings(CONVERTER_ANONYMOUS_RATE="3/hour"):
            self.change(chosen=["0", "2"], preset="text")
            self.change(chosen=["0", "2"], preset="text")
            page, delay = self.change(chosen=["0", "2"], preset="complex")
        self.assertContains(page, "more logos than one visitor may convert")
        self.assertFalse(delay.called)

    def test_it_is_renamed_and_deleted_as_a_whole(self):
        page = self.client.post(f"{self.path}rename/", {"name": "Partners"}, follow=True)
        self.assertContains(page, '<h1 class="file-name">Partners</h1>', html=True)
        page = self.client.post(f"{self.path}rename/", {"name": " "}, follow=True)
        self.assertContains(page, "The name was not changed")
        page = self.client.post(f"{self.path}delete/", follow=True)
        self.assertContains(page, "3 logos are deleted")
        self.assertFalse(Batch.objects.exists() or Conversion.objects.exists())

    def test_others_can_change_nothing(self):
        stranger = Client()
        for action in ("rename", "delete", "change"):
            response = stranger.post(f"{self.path}{action}/", {"name": "x", "chosen": ["0"]})
            self.assertEqual(response.status_code, 404)
        self.assertEqual(BatchItem.objects.count(), 3)

    def test_a_conversion_is_renamed_and_its_files_are_called_so(self):
        found = Conversion.objects.get(name="a.png")
        path = f"/conversions/{found.pk}/"
        page = self.client.post(f"{path}rename/", {"name": "Acme mark"}, follow=True)
        self.assertContains(page, "Acme mark")
        file = self.client.get(f"{path}file/?format=pdf")
        self.assertIn('filename="acme-mark.pdf"', file["Content-Disposition"])

    def test_the_api_deletes_it_as_well(self):
        path = f"/api/v1/batches/{self.batch.pk}/"
        self.assertEqual(Client().delete(path).status_code, 404)
        self.assertEqual(self.client.delete(path).status_code, 204)
        self.assertFalse(Batch.objects.exists() or Conversion.objects.exists())
