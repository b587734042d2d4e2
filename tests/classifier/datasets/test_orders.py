import errno
import io
import multiprocessing
import shutil
import uuid
from datetime import timedelta
from pathlib import Path
from unittest import mock

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import TestCase, override_settings
from django.urls import reverse
from django.utils import timezone
from kombu.exceptions import OperationalError

from classifier.data import candidates
from classifier.data.packages import PackageError, VectorLogo
from classifier.datasets.orders import NameTakenError, start_import, upload_path
from classifier.models import Dataset, DatasetBuild
from classifier.work.execution import Progress
from tests.classifier.data.logos import CIRCLE, svg
from tests.classifier.datasets.test_importing import archive_of, png
from tests.support.builders import TemporaryRoot, make_admin, make_dataset, make_user
from tests.support.work import do_queued, mark_lost, taken

IMPORT = "/admin/classifier/dataset/add/"
BUILD = f"{IMPORT}?from_packages=1"
GOOD = {"simple/one.png": png(1), "text/two.png": png(2)}


def zip_of(files):
    return archive_of(files).getvalue()


class OrderTestCase(TemporaryRoot, TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.admin = make_admin()

    def setUp(self):
        self.client.force_login(self.admin)
        # Numbers start again with each test, files do not.
        shutil.rmtree(Path(settings.CLASSIFIER_ROOT) / "datasets", ignore_errors=True)

    def order(self, content=None, address=IMPORT, queue_error=None, **changes):
        """Send the form; return the response and the mock that takes messages to workers."""
        values = {"name": "mine", "seed": 3} | changes
        if content is not None:
            values["archive"] = SimpleUploadedFile("../logos.zip", content, "application/zip")
        with (
            taken(queue_error) as send,
            self.captureOnCommitCallbacks(execute=True),
        ):
            return self.client.post(address, values), send

    def uploads(self):
        return list((Path(settings.CLASSIFIER_ROOT) / "uploads").glob("*"))

    def imported(self, content):
        """Send a zip and carry the import out."""
        self.order(content)
        dataset = Dataset.objects.get()
        do_queued("dataset_build", dataset.pk)
        dataset.refresh_from_db()
        self.assertEqual(self.uploads(), [])
        return dataset

    def assert_failed(self, dataset, reason):
        dataset.refresh_from_db()
        self.assertEqual(dataset.status, "failed")
        self.assertIn(reason, dataset.error)
        self.assertFalse(dataset.folder.exists())
        self.assertEqual(dataset.samples.count(), 0)
        page = self.client.get(reverse("dashboard:dataset", args=[dataset.pk]))
        self.assertContains(page, dataset.error)


class ImportFormTests(OrderTestCase):
    def assert_refused_at(self, field, reason, *args, **changes):
        before = Dataset.objects.count()
        response, send = self.order(*args, **changes)
        self.assertEqual(response.status_code, 200)
        self.assertIn(reason, str(response.context["adminform"].form.errors[field]))
        self.assertEqual((Dataset.objects.count(), self.uploads()), (before, []))
        send.assert_not_called()

    def test_it_keeps_the_zip_and_tells_a_worker(self):
        content = zip_of(GOOD)
        response, send = self.order(content)
        dataset = Dataset.objects.get()
        self.assertEqual(
            (dataset.name, dataset.seed, dataset.status, dataset.source),
            ("mine", 3, "building", "folder"),
        )
        page = reverse("dashboard:dataset", args=[dataset.pk])
        self.assertRedirects(response, page)
        self.assertContains(self.client.get(page), "waits for a worker")
        self.assertEqual(self.uploads(), [upload_path(dataset.pk)])
        self.assertEqual(upload_path(dataset.pk).read_bytes(), content)
        send.assert_called_once_with("dataset_build", dataset.pk)
        upload_path(dataset.pk).unlink()

    def test_what_is_no_zip_is_told_at_the_file(self):
        self.assert_refused_at("archive", "not a readable zip", b"hello")
        self.assert_refused_at("archive", "not a readable zip", zip_of(GOOD)[:200])

    def test_an_empty_zip_or_file_is_told_at_the_file(self):
        self.assert_refused_at("archive", "The zip is empty", zip_of({}))
        self.assert_refused_at("archive", "empty", b"")
        self.assert_refused_at("archive", "required")

    def test_a_zip_that_holds_too_much_is_told_at_the_file(self):
        with mock.patch("classifier.datasets.archives.MAX_TOTAL_BYTES", 1000):
            self.assert_refused_at("archive", "holds more than", zip_of({"a.png": b"0" * 2000}))
        with mock.patch("classifier.datasets.archives.MAX_FILES", 1):
            self.assert_refused_at("archive", "holds more than", zip_of(GOOD))

    @override_settings(CLASSIFIER_MAX_IMPORT_BYTES=100)
    def test_a_large_zip_is_told_at_the_file(self):
        self.assert_refused_at("archive", "larger than 100", zip_of(GOOD))

    def test_a_taken_name_is_told_at_the_name(self):
        make_dataset(1, "mine")
        self.assert_refused_at("name", "already", zip_of(GOOD))
        Dataset.objects.update(status="building")
        self.assert_refused_at("name", "already", zip_of(GOOD))
        self.assert_refused_at("name", "already", address=BUILD)

    def test_a_wrong_seed_is_told_at_the_seed(self):
        self.assert_refused_at("seed", "greater than or equal to 0", zip_of(GOOD), seed=-1)

    def test_a_failed_dataset_gives_its_name_back(self):
        Dataset.objects.create(name="mine", source="folder", status="failed")
        self.assertEqual(self.imported(zip_of(GOOD)).status, "ready")

    def test_a_name_taken_in_between_is_told(self):
        make_dataset(1, "mine")
        with self.assertRaises(NameTakenError):
            start_import(io.BytesIO(zip_of(GOOD)), "mine", 0)
        self.assertEqual(self.uploads(), [])
        with mock.patch(
            "classifier.admin.dataset_forms.BuildDatasetForm.clean_name", lambda form: "mine"
        ):
            response, send = self.order(zip_of(GOOD))
        self.assertRedirects(response, IMPORT, fetch_redirect_response=False)
        self.assertContains(self.client.get(IMPORT), "Choose another name")
        send.assert_not_called()

    def test_a_queue_that_cannot_be_reached_is_told_of(self):
        self.order(zip_of(GOOD), queue_error=OperationalError("refused"))
        self.assert_failed(Dataset.objects.get(), "The task queue could not be reached")
        self.assertEqual(self.uploads(), [])


class ImportTaskTests(OrderTestCase):
    def test_it_fills_the_dataset(self):
        dataset = self.imported(zip_of(GOOD))
        self.assertEqual((dataset.status, dataset.error, dataset.dropped), ("ready", "", {}))
        self.assertEqual(
            set(dataset.samples.values_list("brand", "label")), {("one", "simple"), ("two", "text")}
        )
        self.assertEqual(len(dataset.fingerprint), 64)
        self.assertTrue(all(sample.file.is_file() for sample in dataset.samples.all()))

    def test_refused_files_are_named_on_the_page_and_the_rest_is_kept(self):
        bad = {"../simple/out.png": png(3), "text/no.png": b"hello", "simple/cut.svg": b"<svg"}
        dataset = self.imported(zip_of(GOOD | bad))
        self.assertEqual((dataset.status, dataset.samples.count()), ("ready", 2))
        for name in ("dashboard:dataset", "admin:classifier_dataset_change"):
            page = self.client.get(reverse(name, args=[dataset.pk]))
            for path in bad:
                self.assertContains(page, path)

    @override_settings(CLASSIFIER_MAX_UPLOAD_BYTES=100_000)
    def test_a_bomb_is_named(self):
        dataset = self.imported(zip_of(GOOD | {"simple/bomb.png": b"\0" * 10_000_000}))
        self.assertEqual(dataset.dropped, {"simple/bomb.png: the file is too large": 1})

    def test_a_zip_without_usable_logos_fails_and_names_them(self):
        dataset = self.imported(zip_of({"simple/no.png": b"hello"}))
        self.assert_failed(dataset, "No usable logo was found")
        self.assertIn("simple/no.png", next(iter(dataset.dropped)))

    def test_a_zip_that_is_gone_fails(self):
        self.order(zip_of(GOOD))
        dataset = Dataset.objects.get()
        upload_path(dataset.pk).unlink()
        do_queued("dataset_build", dataset.pk)
        self.assert_failed(dataset, "The uploaded zip is gone")

    def test_nothing_remains_of_an_import_that_breaks_half_way(self):
        full = OSError(errno.ENOSPC, "No space left")
        for error, reason, raised in (
            (full, "The disk is full", None),
            (RuntimeError("surprise"), "RuntimeError: surprise", RuntimeError),
            (SystemExit(), "The worker was stopped", SystemExit),
        ):
            with self.subTest(reason):
                self.order(zip_of(GOOD))
                dataset = Dataset.objects.get()
                with mock.patch("classifier.datasets.importing._split", side_effect=error):
                    if raised:
                        self.assertRaises(raised, do_queued, "dataset_build", dataset.pk)
                    else:
                        do_queued("dataset_build", dataset.pk)
                self.assert_failed(dataset, reason)
                self.assertEqual(self.uploads(), [])

    def test_a_dataset_deleted_meanwhile_does_not_come_back(self):
        self.order(zip_of(GOOD))
        dataset = Dataset.objects.get()
        with mock.patch(
            "classifier.datasets.importing._split",
            side_effect=lambda *_: Dataset.objects.all().delete(),
        ):
            do_queued("dataset_build", dataset.pk)
        self.assertFalse(Dataset.objects.exists())
        self.assertFalse(dataset.folder.exists())
        self.assertEqual(self.uploads(), [])

    def test_a_finished_dataset_is_not_filled_again(self):
        dataset = self.imported(zip_of(GOOD))
        do_queued("dataset_build", dataset.pk)
        dataset.refresh_from_db()
        self.assertEqual((dataset.status, dataset.samples.count()), ("ready", 2))


class WatchingTests(OrderTestCase):
    """A build is claimed, tells its progress, is cancelled, and is lost with its worker."""

    def setUp(self):
        super().setUp()
        self.order(zip_of(GOOD))
        self.dataset = Dataset.objects.get()
        self.build = self.dataset.build
        self.state = reverse("dashboard:build_state", args=[self.dataset.pk])

    def cancel(self):
        return self.client.post(reverse("dashboard:build_cancel", args=[self.dataset.pk]))

    def test_a_waiting_build_is_taken_back_and_its_zip_removed(self):
        self.assertRedirects(self.cancel(), reverse("dashboard:dataset", args=[self.dataset.pk]))
        self.assert_failed(self.dataset, "cancelled")
        self.assertEqual(self.uploads(), [])
        do_queued("dataset_build", self.dataset.pk)
        self.assert_failed(self.dataset, "cancelled")

    def test_a_running_build_stops_when_it_is_cancelled(self):
        def stop(progress, share):
            self.cancel()
            progress.heartbeat.beat()
            tell(progress, share)

        tell = Progress.__call__
        with mock.patch.object(Progress, "__call__", stop):
            do_queued("dataset_build", self.dataset.pk)
        self.build.refresh_from_db()
        self.assertEqual(self.build.status, "cancelled")
        self.assert_failed(self.dataset, "cancelled")
        self.assertEqual(self.uploads(), [])

    def test_the_page_tells_how_far_it_is(self):
        DatasetBuild.objects.update(status="running", progress=0.4, seconds_left=90)
        self.assertContains(self.client.get(self.state), "40")
        do_queued("dataset_build", self.dataset.pk)  # another worker has it: nothing happens
        self.dataset.refresh_from_db()
        self.assertEqual(self.dataset.status, "building")
        DatasetBuild.objects.update(status="succeeded")
        self.assertTrue(self.client.get(self.state).headers["HX-Refresh"])

    def test_progress_reaches_the_end(self):
        shares = []
        tell = Progress.__call__

        def listen(progress, share):
            shares.append(share)
            tell(progress, share)

        with mock.patch.object(Progress, "__call__", listen):
            do_queued("dataset_build", self.dataset.pk)
        self.assertEqual(shares, [0.5, 1.0])

    def test_a_killed_workers_build_is_lost_and_its_name_is_free_again(self):
        long_ago = timezone.now() - timedelta(minutes=5)
        DatasetBuild.objects.update(status="running", claim=uuid.uuid4(), heartbeat_at=long_ago)
        self.dataset.folder.mkdir(parents=True)
        self.assertEqual(mark_lost("dataset_build"), 1)
        self.build.refresh_from_db()
        self.assertEqual(self.build.status, "lost")
        self.assert_failed(self.dataset, "The worker fell silent")
        self.assertEqual(self.imported(zip_of(GOOD)).status, "ready")

    def test_a_dataset_that_nobody_ordered_is_left_alone(self):
        other = make_dataset(1, "by-hand")
        do_queued("dataset_build", other.pk)
        self.assertTrue(other.folder.is_dir())

    def test_viewers_may_not_cancel(self):
        self.client.force_login(make_user("a-viewer", is_staff=True))
        self.assertEqual(self.cancel().status_code, 403)


class BuildTests(OrderTestCase):
    def setUp(self):
        super().setUp()
        # What is read of a logo would be stored among the source files.
        self.enterContext(mock.patch.object(candidates, "detector_installed", return_value=False))

    def ordered(self):
        response, send = self.order(address=BUILD)
        dataset = Dataset.objects.get()
        self.assertRedirects(response, reverse("dashboard:dataset", args=[dataset.pk]))
        self.assertEqual((dataset.status, dataset.source), ("building", "packages"))
        send.assert_called_once_with("dataset_build", dataset.pk)
        return dataset

    def test_it_builds_from_the_packages(self):
        dataset = self.ordered()
        logo = VectorLogo("pack", "circle", svg(CIRCLE), "CC0-1.0")
        with (
            mock.patch("classifier.data.packages.listed_packages", return_value=["pack"]),
            mock.patch("classifier.datasets.building.fetch"),
            mock.patch("classifier.datasets.building.read_logos", return_value=[logo]),
        ):
            do_queued("dataset_build", dataset.pk)
        dataset.refresh_from_db()
        self.assertEqual((dataset.status, dataset.error), ("ready", ""))
        self.assertEqual(dataset.samples.get().name, "circle")

    def test_packages_that_cannot_be_had_are_told_of(self):
        dataset = self.ordered()
        with mock.patch(
            "classifier.datasets.building.fetch", side_effect=PackageError("npm is not installed.")
        ):
            do_queued("dataset_build", dataset.pk)
        self.assert_failed(dataset, "npm is not installed.")

    def test_logos_are_measured_in_a_worker_that_may_not_start_processes(self):
        logos = [VectorLogo("pack", "circle", svg(CIRCLE), "CC0-1.0")]
        cache = candidates.MeasureCache(Path(settings.CLASSIFIER_ROOT) / "measured-in-worker")
        daemon = mock.patch.dict(multiprocessing.current_process()._config, {"daemon": True})
        with mock.patch.object(candidates, "FEW", 0), daemon:
            self.assertEqual(len(candidates.measure_logos(logos, cache)), 1)


class RightsTests(OrderTestCase):
    def log_in(self, role):
        user = make_user(f"a-{role}", is_staff=True)
        user.groups.add(Group.objects.get(name=role))
        self.client.force_login(user)

    def test_trainers_import_and_build(self):
        self.log_in("trainer")
        listed = self.client.get("/admin/classifier/dataset/")
        self.assertContains(listed, "Build from packages")
        self.assertContains(self.client.get(IMPORT), 'type="file"')
        self.assertNotContains(self.client.get(BUILD), 'type="file"')
        self.assertEqual(self.order(zip_of(GOOD))[0].status_code, 302)
        upload_path(Dataset.objects.get().pk).unlink()
        self.assertEqual(self.order(address=BUILD, name="other")[0].status_code, 302)

    def test_others_are_refused(self):
        for role in ("viewer", "releaser"):
            with self.subTest(role):
                self.log_in(role)
                listed = self.client.get("/admin/classifier/dataset/")
                self.assertNotContains(listed, 'href="/admin/classifier/dataset/import-images')
                for address in (IMPORT, BUILD):
                    self.assertEqual(self.client.get(address).status_code, 403)
                    response = self.order(zip_of(GOOD), address)[0]
                    self.assertEqual(response.status_code, 403)
        self.assertFalse(Dataset.objects.exists())

    def test_buttons_lead_to_the_forms(self):
        for name, address in (("import_images", IMPORT), ("build", BUILD)):
            response = self.client.get(reverse(f"admin:classifier_dataset_{name}"))
            self.assertRedirects(response, address)
