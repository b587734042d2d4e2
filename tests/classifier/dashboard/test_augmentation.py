from django.test import TestCase
from django.urls import reverse
from kombu.exceptions import OperationalError

from classifier.datasets.previews import preview_path
from classifier.training.config import TrainingConfig
from tests.support.builders import TemporaryRoot, make_admin, make_dataset, make_user
from tests.support.work import taken


class AugmentationPageTests(TemporaryRoot, TestCase):
    def setUp(self):
        super().setUp()
        self.dataset = make_dataset()
        self.client.force_login(make_admin())

    def get(self, name="augmentation", *args, **query):
        return self.client.get(reverse(f"dashboard:{name}", args=args), query)

    def put_picture(self, config=None):
        path = preview_path(self.dataset, config or TrainingConfig())
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"a picture")
        return path

    def test_it_asks_a_worker_and_waits(self):
        with taken() as send, self.captureOnCommitCallbacks(execute=True):
            response = self.get()
            self.assertContains(response, "A worker draws the picture")
            self.assertContains(self.get("augmentation_sheet", asked="3"), "asked=4")
        send.assert_called_once()

    def test_it_shows_the_picture_once_it_is_there(self):
        path = self.put_picture()
        with taken() as send, self.captureOnCommitCallbacks(execute=True):
            for name in ("augmentation", "augmentation_sheet"):
                self.assertContains(self.get(name), f"{path.stem}.png")
        send.assert_not_called()
        response = self.get("augmentation_picture", path.stem)
        self.assertEqual(response["Content-Type"], "image/png")
        self.assertEqual(b"".join(response.streaming_content), b"a picture")

    def test_the_settings_choose_the_picture(self):
        config = TrainingConfig(augmentation=0.5, input_size=64, flip=True, seed=3)
        path = self.put_picture(config)
        response = self.get(augmentation="0.5", input_size="64", flip="on", seed="3")
        self.assertContains(response, f"{path.stem}.png")

    def test_impossible_settings_are_told_at_the_field(self):
        with taken() as send, self.captureOnCommitCallbacks(execute=True):
            self.assertContains(self.get(augmentation="9"), "Must be at most 2")
            self.assertContains(self.get(input_size="33"), "Must be a multiple of 16")
            self.assertEqual(self.get("augmentation_sheet", seed="x").status_code, 404)
        send.assert_not_called()

    def test_it_stops_waiting_and_says_so(self):
        with taken():
            response = self.get("augmentation_sheet", asked="30", seed="99")
        self.assertContains(response, "No worker has drawn the picture yet")
        self.assertNotContains(response, "hx-get")

    def test_a_queue_out_of_reach_is_told(self):
        with taken(OperationalError), self.captureOnCommitCallbacks(execute=True):
            self.get()
        self.assertContains(
            self.get("augmentation_sheet", asked="1"), "The task queue could not be reached"
        )

    def test_a_picture_that_is_not_there_is_not_found(self):
        for key in ("0" * 20, "..", "x"):
            self.assertEqual(self.client.get(f"/dashboard/augmentation/{key}.png").status_code, 404)

    def test_it_is_for_staff(self):
        self.client.force_login(make_user("someone"))
        self.assertEqual(self.get().status_code, 403)

    def test_without_a_dataset_it_says_what_to_do(self):
        self.dataset.delete()
        self.assertContains(self.get(), "build_dataset")
