import hashlib

from django.contrib.auth.models import Permission, User
from django.test import TestCase

from classifier.logo_types import CLASS_NAMES
from classifier.models import Dataset, EpochMetric, ModelVersion, Sample, TrainingRun
from tests.support.serving import ServingCase
from tests.support.versions import passing_metrics
from tests.support.work import taken

API = "/api/v1"


def make_dataset(images=10):
    dataset = Dataset.objects.create(
        name="logos", source="synthetic", status="ready", fingerprint="f" * 64
    )
    Sample.objects.bulk_create(
        Sample(
            dataset=dataset,
            path=f"{split}-{label}-{number}.png",
            sha256=f"{split}-{label}-{number}",
            label=label,
            split=split,
            brand="b",
            package="p",
        )
        for split in ("train", "val", "test")
        for label in CLASS_NAMES
        for number in range(images)
    )
    return dataset


class StaffCase(ServingCase, TestCase):
    def setUp(self):
        super().setUp()
        self.user = User.objects.create_superuser("boss")
        self.client.force_login(self.user)

    def post(self, address, data=None):
        return self.client.post(API + address, data or {}, content_type="application/json")


class RightsTestCase(StaffCase):
    def test_strangers_and_users_see_nothing(self):
        for login in (None, User.objects.create_user("visitor")):
            self.client.logout()
            if login:
                self.client.force_login(login)
            for room in ("datasets", "evaluations", "runs", "versions"):
                self.assertEqual(self.client.get(f"{API}/{room}/").status_code, 403, room)

    def test_staff_read_but_need_a_right_to_change(self):
        version = self.make_version(metrics=passing_metrics())
        staff = User.objects.create_user("staff", is_staff=True)
        self.client.force_login(staff)
        self.assertEqual(self.client.get(f"{API}/versions/").status_code, 200)
        self.assertEqual(self.post(f"/versions/{version.pk}/promote/").status_code, 403)
        self.assertEqual(self.post("/runs/").status_code, 403)
        staff.user_permissions.add(Permission.objects.get(codename="change_modelversion"))
        self.assertEqual(self.post(f"/versions/{version.pk}/promote/").status_code, 200)

    def test_a_logged_in_browser_needs_the_csrf_token(self):
        version = self.make_version()
        self.client.handler.enforce_csrf_checks = True
        self.assertEqual(self.post(f"/versions/{version.pk}/promote/").status_code, 403)


class ConditionalTestCase(StaffCase):
    def get(self, address, etag=None):
        headers = {"If-None-Match": etag} if etag else {}
        return self.client.get(API + address, headers=headers)

    def test_a_detail_that_has_not_changed_is_not_sent_again(self):
        version = self.make_version()
        address = f"/versions/{version.pk}/"
        etag = self.get(address)["ETag"]
        answer = self.get(address, etag)
        self.assertEqual((answer.status_code, answer.content, answer["ETag"]), (304, b"", etag))
        self.post(f"{address}retire/")
        self.assertEqual(self.get(address, etag).status_code, 200)

    def test_a_file_that_has_not_changed_is_not_sent_again(self):
        version = self.make_version()
        address = f"/versions/{version.pk}/files/model.onnx/"
        etag = self.get(address)["ETag"]
        self.assertEqual(etag.strip(chr(34)), version.manifest["files"]["model.onnx"])
        answer = self.get(address, etag)
        self.assertEqual((answer.status_code, answer["ETag"]), (304, etag))


class VersionsTestCase(StaffCase):
    def test_it_lists_filters_and_orders(self):
        self.serve("b")
        self.make_version("a")
        answer = self.client.get(f"{API}/versions/?ordering=name").json()
        self.assertEqual([row["name"] for row in answer["results"]], ["a", "b"])
        answer = self.client.get(f"{API}/versions/?stage=production").json()
        self.assertEqual([row["name"] for row in answer["results"]], ["b"])
        self.assertEqual(self.client.get(f"{API}/versions/?stage=x").status_code, 400)

    def test_pages(self):
        for name in "abc":
            self.make_version(name)
        answer = self.client.get(f"{API}/versions/?page_size=2").json()
        self.assertEqual((answer["count"], len(answer["results"])), (3, 2))
        self.assertEqual(self.client.get(f"{API}/versions/?page=99").status_code, 404)

    def test_the_detail_has_the_manifest(self):
        version = self.make_version()
        answer = self.client.get(f"{API}/versions/{version.pk}/").json()
        self.assertEqual(answer["manifest"]["input_size"], 32)

    def test_promote_and_retire(self):
        first = self.serve("first")
        second = self.make_version("second", metrics=passing_metrics())
        answer = self.post(f"/versions/{second.pk}/promote/")
        self.assertEqual(answer.json()["stage"], "production")
        first.refresh_from_db()
        self.assertEqual(first.stage, ModelVersion.Stage.RETIRED)
        answer = self.post(f"/versions/{second.pk}/retire/")
        self.assertEqual(answer.status_code, 409)
        self.assertIn("only a candidate", answer.json()["detail"])
        third = self.make_version("third")
        self.assertEqual(self.post(f"/versions/{third.pk}/retire/").json()["stage"], "retired")

    def test_a_red_version_takes_a_right_and_a_reason(self):
        version = self.make_version(metrics=passing_metrics(right=0.3))
        address = f"/versions/{version.pk}/promote/"
        answer = self.post(address)
        self.assertEqual(answer.status_code, 409)
        self.assertIn("Accuracy: 30.0% (wanted: above 85%).", answer.json()["errors"]["gate"])
        self.assertEqual(self.post(address, {"reason": ["x"]}).status_code, 400)
        staff = User.objects.create_user("staff", is_staff=True)
        staff.user_permissions.add(Permission.objects.get(codename="change_modelversion"))
        self.client.force_login(staff)
        answer = self.post(address, {"reason": "For the demonstration."})
        self.assertEqual(answer.status_code, 403)
        self.assertIn("Accuracy", answer.json()["errors"]["gate"][0])
        self.client.force_login(self.user)
        answer = self.post(address, {"reason": "For the demonstration."})
        self.assertEqual(answer.json()["stage"], "production")
        (row,) = self.client.get(f"{API}/promotions/").json()["results"]
        self.assertEqual((row["by"], row["reason"]), ("boss", "For the demonstration."))

    def test_the_detail_has_the_gate(self):
        version = self.make_version(metrics=passing_metrics(right=0.3))
        gate = self.client.get(f"{API}/versions/{version.pk}/").json()["gate"]
        self.assertEqual((gate[0]["name"], gate[0]["passed"]), ("Accuracy", False))

    def test_it_goes_back(self):
        self.assertEqual(self.post("/versions/roll-back/").status_code, 409)
        self.serve("first")
        self.serve("second")
        self.assertEqual(self.post("/versions/roll-back/").json()["name"], "first")
        self.assertEqual(self.post("/versions/roll-back/").status_code, 409)

    def test_a_damaged_version_is_not_promoted(self):
        version = self.make_version()
        (version.folder / "model.onnx").unlink()
        answer = self.post(f"/versions/{version.pk}/promote/")
        self.assertEqual(answer.status_code, 409)
        self.assertIn("missing", answer.json()["detail"])

    def test_files_are_downloaded_as_they_are(self):
        version = self.make_version()
        answer = self.client.get(f"{API}/versions/{version.pk}/files/model.onnx/")
        digest = hashlib.sha256(answer.getvalue()).hexdigest()
        self.assertEqual(digest, version.manifest["files"]["model.onnx"])
        answer = self.client.get(f"{API}/versions/{version.pk}/files/manifest.json/")
        self.assertEqual(hashlib.sha256(answer.getvalue()).hexdigest(), version.manifest_sha256)

    def test_only_files_of_the_manifest_are_given_and_only_whole_ones(self):
        version = self.make_version()
        (version.folder / "secret").write_text("x")
        for name in ("secret", "..", "%2e%2e", "..%2f..%2fdb.sqlite3"):
            address = f"{API}/versions/{version.pk}/files/{name}/"
            self.assertEqual(self.client.get(address).status_code, 404, name)
        (version.folder / "model.onnx").write_bytes(b"damaged")
        answer = self.client.get(f"{API}/versions/{version.pk}/files/model.onnx/")
        self.assertEqual(answer.status_code, 409)


class RunsTestCase(StaffCase):
    def setUp(self):
        super().setUp()
        self.dataset = make_dataset()

    def test_it_starts_a_run_and_tells_the_worker(self):
        with (
            taken() as send,
            self.captureOnCommitCallbacks(execute=True),
        ):
            answer = self.post("/runs/", {"dataset": self.dataset.pk, "config": {"batch_size": 8}})
        self.assertEqual(answer.status_code, 201, answer.content)
        run = TrainingRun.objects.get()
        self.assertEqual((run.created_by, run.config["batch_size"]), (self.user, 8))
        send.assert_called_once_with("training_run", run.pk)

    def test_wrong_settings_are_named(self):
        for config in ({"batch_size": 1}, {"batch_size": 1000}, {"nonsense": 1}):
            answer = self.post("/runs/", {"dataset": self.dataset.pk, "config": config})
            self.assertEqual(answer.status_code, 400)
            self.assertEqual(list(answer.json()["errors"]), [f"config.{name}" for name in config])
        self.assertEqual(self.post("/runs/", {"dataset": 10**30}).status_code, 400)
        self.assertFalse(TrainingRun.objects.exists())

    def test_cancel_and_resume(self):
        run = TrainingRun.objects.create(
            dataset=self.dataset, config={}, dataset_fingerprint=self.dataset.fingerprint
        )
        self.assertEqual(self.post(f"/runs/{run.pk}/resume/").status_code, 409)
        self.assertEqual(self.post(f"/runs/{run.pk}/cancel/").json()["status"], "cancelled")
        self.assertEqual(self.post(f"/runs/{run.pk}/resume/").json()["status"], "queued")
        TrainingRun.objects.update(status=TrainingRun.Status.SUCCEEDED)
        self.assertEqual(self.post(f"/runs/{run.pk}/cancel/").status_code, 409)

    def test_epochs_come_in_order(self):
        run = TrainingRun.objects.create(dataset=self.dataset, config={})
        for epoch in (2, 1):
            EpochMetric.objects.create(
                run=run,
                epoch=epoch,
                stage="head",
                train_loss=1,
                train_accuracy=0.5,
                val_loss=1,
                val_accuracy=0.5,
                learning_rate=0.1,
                images_per_second=9,
                seconds=1,
            )
        answer = self.client.get(f"{API}/runs/{run.pk}/epochs/").json()
        self.assertEqual([row["epoch"] for row in answer], [1, 2])


class DatasetsTestCase(StaffCase):
    def test_the_detail_counts_images_by_split_and_type(self):
        dataset = make_dataset(images=2)
        answer = self.client.get(f"{API}/datasets/{dataset.pk}/").json()
        self.assertEqual(answer["counts"]["test"], dict.fromkeys(CLASS_NAMES, 2))
        self.assertTrue(answer["synthetic"])
