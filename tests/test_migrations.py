"""A database of the release before becomes one of this release, with all that it holds."""

from django.contrib.auth.models import Group
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.test import TransactionTestCase

BEFORE = [("classifier", "0014_dataset_builds"), ("converter", "0005_batches")]


class UpgradeTests(TransactionTestCase):
    """Starts from the last migrations of version 1.0.0."""

    def setUp(self):
        Group.objects.get_or_create(name="trainer")  # a test before may have emptied the tables
        self.addCleanup(self.to_the_newest)
        self.old = self.migrate(BEFORE)

    def migrate(self, targets):
        """Migrate to these; return the models as they are there."""
        executor = MigrationExecutor(connection)
        executor.migrate(targets)
        executor.loader.build_graph()
        return executor.loader.project_state(targets).apps

    def to_the_newest(self):
        """Migrate to this release; return its models."""
        leaves = MigrationExecutor(connection).loader.graph.leaf_nodes()
        return self.migrate([leaf for leaf in leaves if leaf[0] in ("classifier", "converter")])

    def test_rows_of_the_release_before_are_kept(self):
        dataset = self.old.get_model("classifier", "Dataset").objects.create(
            name="logos-1", status="ready", fingerprint="f" * 64
        )
        self.old.get_model("classifier", "Sample").objects.create(
            dataset=dataset, sha256="a" * 64, label="simple", split="test"
        )
        self.old.get_model("classifier", "TrainingRun").objects.create(
            dataset=dataset, status="succeeded", config={"backbone": "lite0"}
        )
        version = self.old.get_model("classifier", "ModelVersion").objects.create(
            name="mine-1",
            stage="production",
            backbone="efficientnet_lite0",
            input_size=128,
            manifest={},
        )
        self.old.get_model("classifier", "Evaluation").objects.create(
            version=version,
            dataset=dataset,
            split="test",
            sample_count=1,
            accuracy=0.9,
            metrics={},
        )
        self.old.get_model("converter", "Batch").objects.create(visitor="a" * 32)

        new = self.to_the_newest()

        self.assertEqual(new.get_model("classifier", "Sample").objects.get().label, "simple")
        self.assertEqual(
            new.get_model("classifier", "TrainingRun").objects.get().dataset_id, dataset.pk
        )
        kept = new.get_model("classifier", "ModelVersion").objects.get(name="mine-1")
        self.assertEqual(kept.stage, "production")
        self.assertEqual(new.get_model("classifier", "Evaluation").objects.get().accuracy, 0.9)
        self.assertEqual(new.get_model("converter", "Batch").objects.count(), 1)

    def test_roles_gain_the_rights_of_what_is_new(self):
        self.to_the_newest()
        rights = Group.objects.get(name="trainer").permissions.values_list("codename", flat=True)
        self.assertIn("view_ensemblebuild", rights)
