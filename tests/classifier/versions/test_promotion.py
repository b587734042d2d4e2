"""The gate before production, the way back, and what the history keeps."""

import io
import shutil
from datetime import timedelta

from django.contrib.auth.models import Permission, User
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.test import TestCase, TransactionTestCase
from django.utils import timezone

from classifier.live.traffic import delete_old_traffic
from classifier.models import LivePrediction, ModelVersion, Promotion
from classifier.versions.gate import OverrideForbiddenError, ReasonMissingError
from classifier.versions.history import traffic_during, version_before
from classifier.versions.promotion import production_version, promote, roll_back
from classifier.versions.registry import VersionError
from tests.support.serving import ServingCase
from tests.support.versions import make_version_folder, passing_metrics


def make_releaser(name="releaser", override=False):
    user = User.objects.create_user(name, is_staff=True)
    codenames = ["change_modelversion", *(["override_gate"] if override else [])]
    user.user_permissions.add(*Permission.objects.filter(codename__in=codenames))
    return user


class GateTests(ServingCase, TestCase):
    def setUp(self):
        super().setUp()
        self.poor = self.make_version("poor", metrics=passing_metrics(right=0.3))
        self.good = self.make_version("good", metrics=passing_metrics())

    def test_a_version_that_passes_needs_no_reason(self):
        promote(self.good, make_releaser())
        row = Promotion.objects.get()
        self.assertEqual((row.version, row.by, row.red), (self.good, "releaser", []))

    def test_a_red_check_stops_who_has_no_right_to_override(self):
        with self.assertRaises(OverrideForbiddenError) as caught:
            promote(self.poor, make_releaser(), "I like it")
        self.assertTrue(caught.exception.reasons[0].startswith("Accuracy: 30.0%"))
        self.assertFalse(ModelVersion.objects.filter(stage="production").exists())

    def test_a_red_check_stops_the_program(self):
        with self.assertRaises(OverrideForbiddenError):
            promote(self.poor, None, "nobody vouches for it")

    def test_whoever_overrides_has_to_write_why(self):
        with self.assertRaises(ReasonMissingError):
            promote(self.poor, make_releaser(override=True), "  \n")
        self.assertFalse(Promotion.objects.exists())

    def test_an_override_is_kept_with_its_reason_and_what_was_red(self):
        promote(self.poor, make_releaser(override=True), " A trial for an hour. ")
        row = Promotion.objects.get()
        self.assertEqual(row.reason, "A trial for an hour.")
        self.assertIn("Accuracy: 30.0% (wanted: above 85%).", row.red)
        self.poor.refresh_from_db()
        self.assertEqual(self.poor.stage, "production")

    def test_a_version_that_was_never_measured_does_not_pass(self):
        with self.assertRaisesMessage(OverrideForbiddenError, "Evaluated: not yet"):
            promote(self.make_version("unknown"), make_releaser())

    def test_the_bundled_version_comes_into_production_without_people(self):
        make_version_folder(self.bundled, "shipped")
        self.assertEqual(production_version().name, "shipped")
        row = Promotion.objects.get()
        self.assertEqual((row.kind, row.by, row.version_name), ("installed", "", "shipped"))


class RollBackTests(ServingCase, TestCase):
    def setUp(self):
        super().setUp()
        self.user = User.objects.create_superuser("boss")
        self.first, self.second, self.third = (
            self.make_version(name, metrics=passing_metrics()) for name in ("a", "b", "c")
        )

    def promote(self, *versions):
        for version in versions:
            promote(version, self.user)

    def test_it_goes_back_step_by_step_and_not_forth_again(self):
        self.promote(self.first, self.second, self.third)
        roll_back(self.second, self.user)
        self.assertEqual(version_before(), self.first)
        roll_back(self.first, self.user)
        self.assertIsNone(version_before())
        self.first.refresh_from_db()
        self.assertEqual(self.first.stage, "production")

    def test_after_a_new_promotion_the_way_back_is_to_what_served_last(self):
        self.promote(self.first, self.second)
        roll_back(self.first, self.user)
        self.promote(self.third)
        self.assertEqual(version_before(), self.first)

    def test_it_passes_no_gate(self):
        poor = self.make_version("poor")
        promote(poor, self.user, "A trial.")
        self.promote(self.first)
        roll_back(poor, make_releaser())
        poor.refresh_from_db()
        self.assertEqual(poor.stage, "production")

    def test_it_refuses_when_somebody_promoted_another_meanwhile(self):
        self.promote(self.first, self.second, self.third)
        with self.assertRaisesMessage(VersionError, "look at the history again"):
            roll_back(self.first, self.user)

    def test_a_version_whose_files_are_gone_is_passed_over(self):
        self.promote(self.first, self.second, self.third)
        shutil.rmtree(self.second.folder)
        self.assertEqual(version_before(), self.first)

    def test_a_deleted_version_stays_in_the_history_by_its_name(self):
        self.promote(self.first, self.second)
        self.first.delete()
        self.assertIsNone(version_before())
        self.assertEqual(Promotion.objects.last().version_name, "a")


class TrafficTests(ServingCase, TestCase):
    def answer(self, days_ago, right=None):
        return LivePrediction.objects.create(
            logo_type="text",
            confidence=0.9,
            certain=True,
            method="neural",
            milliseconds=3,
            right=right,
            created_at=timezone.now() - timedelta(days=days_ago),
        )

    def setUp(self):
        super().setUp()
        self.serve("first")
        self.serve("second")
        now = timezone.now()
        self.older, self.newer = Promotion.objects.order_by("at")
        self.older.at, self.older.ended_at = now - timedelta(days=60), now - timedelta(days=20)
        self.newer.at = self.older.ended_at
        self.older.save()
        self.newer.save()

    def test_answers_belong_to_what_served_then(self):
        self.answer(25, right=True)
        self.answer(25, right=False)
        self.answer(3)
        traffic = traffic_during(self.older)
        self.assertEqual((traffic.answers, traffic.judged, traffic.right), (2, 2, 1))
        self.assertEqual(traffic.accuracy, 0.5)
        self.assertEqual(traffic_during(self.newer).answers, 1)
        self.assertIsNone(traffic_during(self.newer).interval)

    def test_the_numbers_outlive_the_answers(self):
        self.answer(50, right=True)
        self.answer(25)
        before = traffic_during(self.older)
        self.assertEqual(delete_old_traffic(), 1)
        self.older.refresh_from_db()
        self.assertEqual(traffic_during(self.older), before)
        self.assertEqual(self.older.answers, 1)


class CommandTests(ServingCase, TestCase):
    def call(self, *args):
        out = io.StringIO()
        call_command("promote", *args, stdout=out)
        return out.getvalue()

    def test_it_promotes_and_goes_back_under_a_name(self):
        make_releaser()
        for name in ("a", "b"):
            self.make_version(name, metrics=passing_metrics())
            self.assertIn(f"{name} serves now", self.call(name, "--user", "releaser"))
        self.assertIn("a serves now", self.call("--back", "--user", "releaser"))
        self.assertEqual(Promotion.objects.first().by, "releaser")

    def test_it_says_what_is_red(self):
        make_releaser("may", override=True)
        make_releaser("may-not")
        self.make_version("poor", metrics=passing_metrics(right=0.3))
        with self.assertRaisesMessage(CommandError, "Accuracy: 30.0%"):
            self.call("poor", "--user", "may")
        with self.assertRaisesMessage(CommandError, "right override_gate"):
            self.call("poor", "--user", "may-not", "--reason", "because")
        self.assertIn("serves now", self.call("poor", "--user", "may", "--reason", "because"))

    def test_it_needs_somebody_who_may(self):
        User.objects.create_user("guest")
        self.make_version("a", metrics=passing_metrics())
        with self.assertRaisesMessage(CommandError, "may promote"):
            self.call("a", "--user", "guest")


class MigrationTests(ServingCase, TransactionTestCase):
    def test_what_was_promoted_before_is_in_the_history(self):
        executor = MigrationExecutor(connection)
        last = executor.loader.graph.leaf_nodes("classifier")
        self.addCleanup(lambda: MigrationExecutor(connection).migrate(last))
        executor.migrate([("classifier", "0018_promotions")])
        now = timezone.now()
        for days, name, stage in ((9, "old", "retired"), (2, "new", "production")):
            version = self.make_version(name)
            ModelVersion.objects.filter(pk=version.pk).update(
                stage=stage, promoted_at=now - timedelta(days=days)
            )
        MigrationExecutor(connection).migrate([("classifier", "0019_history_and_rights")])
        new, old = Promotion.objects.all()
        self.assertEqual((new.version_name, new.ended_at), ("new", None))
        self.assertEqual((old.version_name, old.ended_at), ("old", new.at))
        self.assertEqual(version_before().name, "old")
