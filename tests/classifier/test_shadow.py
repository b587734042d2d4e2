import shutil

from django.db import IntegrityError, transaction
from django.test import TestCase

from classifier.inference.manifest import MissingModelError
from classifier.models import ModelVersion
from classifier.versions import VersionError, end_shadow, promote, retire, set_shadow
from tests.support.serving import ServingCase

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
        promote(version)
        self.assertEqual(stages(), {"tiny": Stage.PRODUCTION})
