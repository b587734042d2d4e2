import shutil
from unittest import mock

import numpy as np
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.test import TestCase

from classifier.inference.manifest import MissingModelError
from classifier.models import LivePrediction, ModelVersion, ShadowPrediction
from classifier.tasks import score_shadow
from classifier.versions.promotion import end_shadow, put_in_production, retire, set_shadow
from classifier.versions.registry import VersionError
from tests.support.serving import ServingCase, image_bytes
from tests.support.versions import make_graph

Stage = ModelVersion.Stage


def stages():
    return dict(ModelVersion.objects.values_list("name", "stage"))


class ShadowStageTestCase(ServingCase, TestCase):
    def test_one_candidate_at_a_time_is_the_shadow(self):
        first, second = self.make_version("first"), self.make_version("second")
        set_shadow(first)
        set_shadow(second)
        self.assertEqual(stages(), {"first": Stage.CANDIDATE, "second": Stage.SHADOW})
        with self.assertRaises(IntegrityError), transaction.atomic():
            ModelVersion.objects.filter(pk=first.pk).update(stage=Stage.SHADOW)

    def test_ending_it_makes_it_a_candidate_again(self):
        version = self.make_version()
        set_shadow(version)
        end_shadow(version)
        self.assertEqual(stages(), {"tiny": Stage.CANDIDATE})
        with self.assertRaisesMessage(VersionError, "does not run as shadow"):
            end_shadow(version)

    def test_only_a_candidate_can_be_the_shadow(self):
        version = self.serve("serving")
        retired = self.make_version("retired")
        retire(retired)
        for other in (version, retired):
            with self.assertRaisesMessage(VersionError, "Only a candidate"):
                set_shadow(other)

    def test_a_version_that_cannot_be_loaded_is_refused(self):
        version = self.make_version()
        shutil.rmtree(version.folder)
        with self.assertRaises(MissingModelError):
            set_shadow(version)
        self.assertEqual(stages(), {"tiny": Stage.CANDIDATE})

    def test_the_shadow_can_be_promoted(self):
        version = self.make_version()
        set_shadow(version)
        put_in_production(version)
        self.assertEqual(stages(), {"tiny": Stage.PRODUCTION})


class ShadowScoringTestCase(ServingCase, TestCase):
    def setUp(self):
        super().setUp()
        self.serve("serving")
        # The shadow takes red for text, production for simple.
        weights = np.array([[-4, 8, -4, -4], [8, -4, -4, -4], [-4, -4, 8, -4]], np.float32)
        self.candidate = self.make_version("candidate", graph=make_graph(weights=weights))
        self.folder = self.root / "shadow"

    def classify(self, colour="red"):
        image = SimpleUploadedFile("logo.png", image_bytes(colour))
        return self.client.post("/api/v1/classify/", {"image": image}).json()

    def waiting(self):
        return list(self.folder.iterdir()) if self.folder.exists() else []

    def test_a_live_upload_is_answered_by_the_shadow_and_deleted(self):
        set_shadow(self.candidate)
        answer = self.classify()
        self.assertEqual((answer["logo_type"], answer["model_version"]), ("simple", "serving"))
        self.assertEqual([file.name for file in self.waiting()], [answer["id"]])
        score_shadow()
        self.assertEqual(self.waiting(), [])
        row = ShadowPrediction.objects.get()
        self.assertEqual((str(row.prediction_id), row.version), (answer["id"], self.candidate))
        self.assertEqual(row.logo_type, "text")
        self.assertGreater(row.confidence, 0.5)

    def test_without_a_shadow_nothing_is_kept(self):
        self.classify()
        self.assertEqual(self.waiting(), [])
        score_shadow()
        self.assertFalse(ShadowPrediction.objects.exists())

    def test_answers_from_memory_are_not_shown_again(self):
        set_shadow(self.candidate)
        self.classify()
        self.classify()
        self.assertEqual(len(self.waiting()), 1)

    def test_only_a_share_is_shown(self):
        set_shadow(self.candidate)
        with self.settings(CLASSIFIER_SHADOW_SHARE=0.0):
            self.classify()
        self.assertEqual(self.waiting(), [])

    def test_while_many_wait_no_more_are_kept(self):
        set_shadow(self.candidate)
        with mock.patch("classifier.live.shadow._MOST_WAITING", 2):
            for colour in ("red", "green", "blue"):
                self.assertEqual(self.classify(colour)["method"], "neural")
        self.assertEqual(len(self.waiting()), 2)

    def test_many_images_are_shown_too(self):
        set_shadow(self.candidate)
        images = [SimpleUploadedFile("a.png", image_bytes(c)) for c in ("red", "blue")]
        self.client.post("/api/v1/classify/", {"images": images})
        score_shadow()
        types = set(ShadowPrediction.objects.values_list("logo_type", flat=True))
        self.assertEqual(types, {"text", "gradient"})

    def test_what_waits_is_deleted_when_the_shadow_ended_or_is_broken(self):
        set_shadow(self.candidate)
        self.classify("red")
        end_shadow(self.candidate)
        score_shadow()
        self.assertEqual(self.waiting(), [])
        set_shadow(self.candidate)
        self.classify("blue")
        (self.candidate.folder / "model.onnx").write_bytes(b"damaged")
        with self.assertLogs("classifier.live.shadow", "ERROR"):
            score_shadow()
        self.assertEqual(self.waiting(), [])
        self.assertFalse(ShadowPrediction.objects.exists())

    def test_an_answer_that_was_deleted_is_left_out(self):
        set_shadow(self.candidate)
        self.classify()
        LivePrediction.objects.all().delete()
        score_shadow()
        self.assertEqual((self.waiting(), ShadowPrediction.objects.count()), ([], 0))

    def test_a_full_disk_does_not_keep_the_answer_back(self):
        set_shadow(self.candidate)
        with (
            mock.patch("classifier.live.shadow.Path.mkdir", side_effect=OSError(28, "full")),
            self.assertLogs("classifier.live.shadow", "ERROR"),
        ):
            self.assertEqual(self.classify()["logo_type"], "simple")
