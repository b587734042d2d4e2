"""From a wrong answer to a better model: followed in a browser, with a real worker."""

from celery import current_app
from django.test import override_settings
from django.urls import reverse

from classifier.models import (
    LabelCheck,
    LabelCorrection,
    ModelVersion,
    Promotion,
    Proposal,
    Retraining,
    ShadowPrediction,
    TrainingRun,
)
from classifier.runs.lifecycle import start_run
from classifier.training.config import TrainingConfig
from tests.classifier.datasets.test_successors import picture
from tests.services.servers import wait_for
from tests.support.broker import real_broker
from tests.support.browser import BrowserTestCase
from tests.support.builders import make_dataset
from tests.support.worker import real_worker

CONFIG = TrainingConfig(
    backbone="efficientnet_lite0", input_size=32, batch_size=8, head_epochs=1, top_epochs=0,
    full_epochs=0,
)  # fmt: skip
_PATIENCE = 400  # seconds for a step that trains, on a busy machine


@override_settings(
    CLASSIFIER_COLLECT_PROPOSALS=True, CONVERTER_OFFER_PROPOSALS=True, CLASSIFIER_CACHE_SECONDS=0
)
class LoopTests(BrowserTestCase):
    def setUp(self):
        super().setUp()
        self.log_in()

    def open(self, name, *args, query=""):
        self.page.goto(reverse(f"dashboard:{name}", args=args) + query)

    def press(self, name):
        self.page.get_by_role("button", name=name, exact=True).first.click()

    def assert_fits(self, name):
        """See that the page that is open fits a phone."""
        size = self.page.viewport_size
        self.page.set_viewport_size({"width": 390, "height": 800})
        width = self.page.evaluate("document.documentElement.scrollWidth")
        self.page.set_viewport_size(size)
        self.assertLessEqual(width, 390, name)

    def upload(self, seed):
        self.page.goto("/")
        file = {"name": f"{seed}.png", "mimeType": "image/png", "buffer": picture(seed)}
        self.page.set_input_files("input[type=file]", file)
        # The first one compiles the tracer.
        self.page.wait_for_url("**/conversions/*/", timeout=120_000)

    def promote(self, version, reason):
        self.open("version", version.pk)
        self.page.get_by_role("link", name="Promote…").click()
        self.page.get_by_role("heading", name="Its gate refuses it").wait_for()
        self.assert_fits("gate")
        self.page.get_by_label("Why it should serve").fill(reason)
        self.press("Promote it nevertheless")
        self.page.get_by_text(f"{version} serves now").wait_for()

    def test_a_wrong_answer_leads_to_a_better_model(self):
        with real_broker() as url, real_worker(url):
            first = self.first_version()
            self.promote(first, "The first of its kind.")
            self.correct_an_answer()
            self.accept_it()
            self.check_labels_and_correct_one(first.run.dataset)
            candidate = self.retrain()
            self.see_its_shadow(candidate)
            self.promote(candidate, "It knows the new labels.")
            self.roll_back(candidate, first)

    def first_version(self):
        run = start_run(make_dataset(per_class=14, name="logos-1"), CONFIG)
        wait_for(lambda: TrainingRun.objects.get().status == "succeeded", "a run", _PATIENCE)
        return ModelVersion.objects.get(run=run)

    def correct_an_answer(self):
        self.upload("upload")
        self.page.get_by_text("Wrong type?").click()
        self.page.locator("[name=true_type]").select_option("complex")
        self.page.locator("[name=consent]").check()
        self.assert_fits("conversion")
        self.press("Trace as this type")
        self.page.get_by_text("gave it to the data set").wait_for()

    def accept_it(self):
        self.open("proposals")
        self.assert_fits("proposals")
        self.page.locator("button.choice[value=complex]").click()
        wait_for(lambda: Proposal.objects.get().status == "accepted", "it is accepted")

    def check_labels_and_correct_one(self, dataset):
        query = f"?dataset={dataset.pk}&class=simple&split=train&order=suspicious"
        self.open("audit", query=query)
        self.press("Check the labels")
        wait_for(lambda: LabelCheck.objects.get().status == "succeeded", "the check", _PATIENCE)
        self.open("audit", query=query)
        tiles = self.page.locator("[data-tile]")
        self.assert_fits("audit")
        tiles.first.focus()
        self.page.keyboard.press("2")
        self.page.locator(".tile.corrected").wait_for()
        self.assertEqual(LabelCorrection.objects.get().label, "text")

    def retrain(self):
        self.open("retrainings")
        self.page.get_by_text("Schedule", exact=True).click()
        for name, value in (("New labels that start one", "2"), ("Epochs of the whole", "0")):
            self.page.get_by_label(name).fill(value)
        self.page.get_by_label("Retrain by itself").check()
        self.press("Save")
        self.page.get_by_text("A retraining starts within minutes").wait_for()
        self.assert_fits("retrainings")
        current_app.send_task("classifier.tasks.retrain_if_due")  # as the scheduler does
        row = wait_for(Retraining.objects.first, "the schedule starts one")
        self.open("retraining", row.pk)
        # Its page follows by itself.
        self.page.get_by_text("It runs as shadow.").wait_for(timeout=_PATIENCE * 2000)
        self.assert_fits("retraining")
        row.refresh_from_db()
        self.assertEqual((row.status, row.corrections, row.proposals), ("succeeded", 1, 1))
        self.assertEqual(row.dataset.samples.get(package="proposals").label, "complex")
        self.assertEqual(Promotion.objects.count(), 1)  # nothing was promoted
        return row.candidate

    def see_its_shadow(self, candidate):
        self.upload("another")
        current_app.send_task("classifier.tasks.score_shadow")
        wait_for(ShadowPrediction.objects.filter(version=candidate).exists, "the shadow answers")
        self.open("shadow")
        self.page.get_by_text(f"{candidate} against what was answered").wait_for()
        self.assert_fits("shadow")

    def roll_back(self, candidate, first):
        self.assertEqual(ModelVersion.objects.get(stage="production"), candidate)
        self.assert_fits("version")
        self.press(f"Roll back to {first}")
        self.page.get_by_text(f"{first} serves again").wait_for()
        self.page.get_by_text("It knows the new labels.").wait_for()
        self.assert_fits("history")
        self.assertEqual(ModelVersion.objects.get(stage="production"), first)
        kinds = Promotion.objects.order_by("at").values_list("kind", flat=True)
        self.assertEqual(list(kinds), ["promoted", "promoted", "rolled_back"])
