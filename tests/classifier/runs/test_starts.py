import shutil
from dataclasses import replace
from unittest import mock

from safetensors.torch import load, load_file, save_file

from classifier.admin.training_form import StartTrainingForm
from classifier.inference.manifest import read_manifest, sha256_of
from classifier.models import TrainingRun
from classifier.runs.lifecycle import create_run
from classifier.runs.starts import startable
from classifier.training.config import InvalidConfigError, TrainingConfig
from classifier.training.model import build_model
from classifier.training.weights import WeightsError, half_precision, load_version_weights
from classifier.versions.bundles import bundle
from classifier.versions.registry import register_version
from tests.classifier.runs.test_execution import TINY, ExecutionTestCase
from tests.support.versions import make_version_folder
from tests.support.work import do


class StartingCase(ExecutionTestCase):
    """A version `first` with weights, trained with the settings `self.network`."""

    def setUp(self):
        super().setUp()
        bundled = mock.patch("classifier.models.versions.BUNDLED_FOLDER", self.root / "bundled")
        self.enterContext(bundled)
        self.network = replace(TINY, head="batch_norm")
        folder = make_version_folder(self.root / "versions", "first", config=self.network.to_json())
        self.model = build_model(self.network)
        for parameter in self.model.parameters():
            parameter.data.add_(0.01)
        self.add_weights(folder)
        self.first = register_version(folder)

    def add_weights(self, folder):
        from classifier.inference.manifest import write_manifest

        tensors = {name: t.contiguous() for name, t in self.model.state_dict().items()}
        save_file(tensors, folder / "model.safetensors")
        manifest = read_manifest(folder)
        files = {**manifest.files, "model.safetensors": sha256_of(folder / "model.safetensors")}
        write_manifest(folder, replace(manifest, files=files))


class StartTests(StartingCase):
    def test_a_run_goes_on_from_a_versions_weights(self):
        config = replace(TINY, start_from="first", learning_rate=1e-9, ema_decay=0.0)
        run = create_run(self.dataset, config)
        self.assertEqual(run.config["head"], "batch_norm")  # of the version
        ended = do("training_run", run.pk)
        self.assertEqual((ended.status, ended.error), (TrainingRun.Status.SUCCEEDED, ""))
        trained = load_file(ended.version.folder / "model.safetensors")
        own = self.model.state_dict()
        name = next(name for name in own if name.endswith("0.0.weight"))
        self.assertLess((trained[name] - own[name]).abs().max().item(), 1e-4)

    def test_it_learns_more_gently(self):
        gentle = replace(TINY, start_from="first")
        self.assertLess(gentle.peak_rate, TINY.peak_rate)

    def test_what_it_cannot_start_from_is_refused_with_the_names_that_it_can(self):
        register_version(make_version_folder(self.root / "versions", "bare"))
        for name, problem in (("nobody", "is not there"), ("bare", "has no weights")):
            config = replace(TINY, start_from=name)
            with self.assertRaisesRegex(InvalidConfigError, f"{problem}.*first"):
                create_run(self.dataset, config)
            values = {f"run-{key}": value for key, value in config.to_json().items()}
            form = StartTrainingForm({**values, "run-dataset": self.dataset.pk})
            self.assertIn(problem, str(form.errors["start_from"]))
        self.assertEqual(startable(), ["first"])

    def test_the_form_offers_versions_with_weights(self):
        form = StartTrainingForm()
        self.assertIn(("first", "first"), form.fields["start_from"].widget.choices)

    def test_a_version_whose_folder_is_gone_is_not_offered(self):
        shutil.rmtree(self.first.folder)
        self.assertEqual(startable(), [])
        with self.assertRaisesRegex(InvalidConfigError, "has no weights"):
            create_run(self.dataset, replace(TINY, start_from="first"))

    def test_damaged_weights_fail_the_run(self):
        run = create_run(self.dataset, replace(TINY, start_from="first"))
        (self.first.folder / "model.safetensors").write_bytes(b"damaged")
        self.assertIn("does not match its hash", do("training_run", run.pk).error)

    def test_a_bundled_version_brings_half_of_its_weights_bytes(self):
        with mock.patch("classifier.models.versions.BUNDLED_FOLDER", self.root / "bundled"):
            folder = bundle(self.first, "shipped")
        manifest = read_manifest(folder)
        self.assertEqual(sorted(manifest.files), ["model-fp16.safetensors", "model.onnx"])
        half, full = (
            path.stat().st_size
            for path in (folder / "model-fp16.safetensors", self.first.folder / "model.safetensors")
        )
        self.assertLess(half, 0.55 * full)
        model = build_model(self.network)
        load_version_weights(model, (folder / "model-fp16.safetensors").read_bytes())
        for name, tensor in model.state_dict().items():
            expected = self.model.state_dict()[name]
            self.assertLess(
                (tensor - expected).abs().max().item(), 0.01 * (1 + expected.abs().max().item())
            )

    def test_a_head_of_another_kind_stays_fresh(self):
        other = build_model(TrainingConfig.from_json({**TINY.to_json(), "head": "enhanced"}))
        before = {name: t.clone() for name, t in other.head.state_dict().items()}
        load_version_weights(other, (self.first.folder / "model.safetensors").read_bytes())
        for name, tensor in other.head.state_dict().items():
            self.assertTrue(tensor.equal(before[name]), name)
        name = next(name for name in self.model.state_dict() if name.endswith("0.0.weight"))
        self.assertTrue(other.state_dict()[name].equal(self.model.state_dict()[name]))

    def test_weights_too_large_for_half_precision_are_refused(self):
        import torch
        from safetensors.torch import save

        with self.assertRaises(WeightsError):
            half_precision(save({"a": torch.tensor([1e9])}))
        self.assertEqual(load(half_precision(save({"n": torch.tensor([7])})))["n"].item(), 7)
