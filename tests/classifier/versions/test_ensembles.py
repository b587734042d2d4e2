import io

import numpy as np
from django.core.management import CommandError, call_command
from django.test import TestCase
from django.urls import reverse
from kombu.exceptions import OperationalError

from classifier.inference.engine import Engine
from classifier.inference.manifest import ModelError
from classifier.models import ModelVersion
from classifier.versions.ensembles import EnsembleError, create_ensemble, start_ensemble
from tests.support.builders import make_admin, make_dataset, make_user
from tests.support.serving import ServingCase
from tests.support.versions import make_graph
from tests.support.work import do, do_queued, patch_queue


class EnsembleTestCase(ServingCase, TestCase):
    def setUp(self):
        super().setUp()
        self.dataset = make_dataset(per_class=8)

    def member(self, name, scale=1.0, **values):
        rng = np.random.default_rng(len(name))
        graph = make_graph(weights=scale * rng.normal(size=(3, 4)).astype(np.float32))
        origin = {"dataset": {"fingerprint": self.dataset.fingerprint}}
        return self.make_version(name, graph=graph, **{**origin, **values})

    def versions_on_disk(self):
        return sorted(path.name for path in (self.root / "versions").iterdir())


class CreateEnsembleTests(EnsembleTestCase):
    def test_it_answers_the_mean_of_its_members_calibrated_probabilities(self):
        members = [self.member("a", temperature=2.0), self.member("bb", 3.0, temperature=0.5)]
        version = create_ensemble(members)
        rng = np.random.default_rng(0)
        images = rng.integers(0, 256, (5, 32, 32, 3), np.uint8)
        engine = Engine.load(version.folder)
        mean = sum(Engine.load(m.folder).probabilities(images) for m in members) / 2
        np.testing.assert_allclose(np.exp(engine.logits(images)), mean, atol=1e-5)

    def test_it_is_a_calibrated_and_tested_candidate_that_names_its_members(self):
        version = create_ensemble([self.member("a"), self.member("bb")])
        self.assertEqual((version.name, version.backbone), ("ensemble-32", "ensemble"))
        self.assertEqual(version.stage, ModelVersion.Stage.CANDIDATE)
        self.assertEqual(version.manifest["members"], ["a", "bb"])
        self.assertNotEqual(version.manifest["temperature"], 1.0)
        evaluation = version.evaluations.get()
        self.assertEqual(evaluation.split, "test")
        self.assertEqual(version.manifest["metrics"]["test"]["accuracy"], evaluation.accuracy)
        self.assertEqual(version.dataset_fingerprint, self.dataset.fingerprint)

    def test_an_ensemble_can_be_a_member(self):
        inner = create_ensemble([self.member("a"), self.member("bb")])
        self.assertEqual(create_ensemble([inner, self.member("ccc")]).name, "ensemble-32-2")

    def test_what_does_not_fit_is_refused_and_leaves_nothing(self):
        small, large = self.member("a"), self.member("large", size=64)
        stranger = self.member("stranger", dataset={"fingerprint": "other"})
        for members, reason in (
            ([small], "two versions or more"),
            ([small, small], "two versions or more"),
            ([small, large], "one input size, not 32 and 64 pixels"),
            ([small, stranger], "on the same dataset"),
        ):
            with self.assertRaisesMessage(EnsembleError, reason):
                create_ensemble(members)
        self.dataset.delete()
        with self.assertRaisesMessage(EnsembleError, "not here any more"):
            create_ensemble([small, self.member("bb")])
        self.assertFalse(ModelVersion.objects.filter(backbone="ensemble").exists())

    def test_members_of_other_operators_are_refused(self):
        graph = make_graph()
        graph.opset_import[0].version = 20
        origin = {"fingerprint": self.dataset.fingerprint}
        other = self.make_version("bb", graph=graph, dataset=origin)
        with self.assertRaisesMessage(EnsembleError, "operators (18 and 20)"):
            create_ensemble([self.member("a"), other])
        self.assertEqual(self.versions_on_disk(), ["a", "bb"])

    def test_a_damaged_member_is_refused(self):
        members = [self.member("a"), self.member("bb")]
        (members[1].folder / "model.onnx").write_bytes(b"damaged")
        with self.assertRaises(ModelError):
            create_ensemble(members)
        self.assertEqual(self.versions_on_disk(), ["a", "bb"])


class StartEnsembleTests(EnsembleTestCase):
    def setUp(self):
        super().setUp()
        self.members = [self.member("a"), self.member("bb")]
        self.send = patch_queue(self)
        self.client.force_login(make_admin())

    def post(self, *members):
        address = reverse("dashboard:ensemble_new")
        with self.captureOnCommitCallbacks(execute=True):
            return self.client.post(address, {"version": [m.pk for m in members]}, follow=True)

    def test_the_page_gives_it_to_a_worker(self):
        self.assertContains(self.client.get(reverse("dashboard:versions")), "Make an ensemble")
        self.assertContains(self.post(*self.members), "an ensemble of a, bb")
        do_queued(*self.send.call_args.args)
        version = ModelVersion.objects.get(backbone="ensemble")
        page = self.client.get(reverse("dashboard:version", args=[version.pk]))
        self.assertContains(page, "a, bb")

    def test_the_page_says_what_does_not_fit(self):
        self.assertContains(self.post(self.members[0]), "two versions or more")
        self.send.assert_not_called()

    def test_it_takes_a_trainer(self):
        self.client.force_login(make_user("staff", is_staff=True))
        self.assertEqual(self.post(*self.members).status_code, 403)
        page = self.client.get(reverse("dashboard:versions"))
        self.assertNotContains(page, "Make an ensemble")

    def test_an_unreachable_queue_is_told(self):
        self.send.side_effect = OperationalError("no broker")
        self.post(*self.members)
        page = self.client.get(reverse("dashboard:versions"))
        self.assertContains(page, "queue could not be reached")

    def test_a_member_deleted_meanwhile_makes_no_ensemble(self):
        with self.captureOnCommitCallbacks(execute=True):
            build = start_ensemble(self.members)
        self.members[1].delete()
        ended = do("ensemble", build.pk)
        self.assertEqual((ended.status, ended.error), ("failed", "The version bb was deleted."))
        self.assertFalse(ModelVersion.objects.filter(backbone="ensemble").exists())
        page = self.client.get(reverse("dashboard:versions"))
        self.assertContains(page, "The version bb was deleted.")


class EnsembleCommandTests(EnsembleTestCase):
    def test_it_prints_the_accuracy(self):
        self.member("a"), self.member("bb")
        output = io.StringIO()
        call_command("ensemble", "a", "bb", stdout=output)
        self.assertRegex(output.getvalue(), r"Version ensemble-32: accuracy \d\.\d{4} on the")

    def test_unknown_and_unfit_versions_are_refused(self):
        self.member("a")
        with self.assertRaisesMessage(CommandError, "no version 'x'; there are: a"):
            call_command("ensemble", "a", "x")
        with self.assertRaisesMessage(CommandError, "two versions or more"):
            call_command("ensemble", "a")
