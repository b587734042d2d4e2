from django.test import TestCase

from classifier.live import serving
from classifier.live.stages import live_stages
from classifier.versions.promotion import put_in_production, set_shadow
from tests.support.serving import ServingCase


class LiveStagesTests(ServingCase, TestCase):
    def test_production_and_shadow_are_named_and_nobody_else(self):
        first, second = self.serve("first"), self.make_version("second")
        self.make_version("third")
        self.assertEqual(live_stages(), {"production": (first.pk, first.manifest_sha256)})
        set_shadow(second)
        self.assertEqual(live_stages()["shadow"], (second.pk, second.manifest_sha256))

    def test_a_request_asks_once_and_notices_a_promotion(self):
        self.serve("first")
        engine, _ = serving.production()
        with self.assertNumQueries(1):
            self.assertIs(serving.production()[0], engine)
        put_in_production(self.make_version("second"))
        self.assertEqual(serving.production()[0].manifest.name, "second")
