from django.urls import reverse

from classifier.inference.manifest import sha256_of
from classifier.models import (
    EpochMetric,
    LabelCorrection,
    LabelSelection,
    SelectedLogo,
    TrainingRun,
)
from classifier.training.config import TrainingConfig
from tests.classifier.dashboard.test_pages import make_run
from tests.support.browser import BrowserTestCase
from tests.support.builders import (
    TemporaryRoot,
    make_dataset,
    make_evaluation,
    make_version,
)
from tests.support.work import taken


class DashboardBrowserTests(TemporaryRoot, BrowserTestCase):
    """Each test also fails on console errors and on violations of the page's policy."""

    def setUp(self):
        super().setUp()
        self.dataset = make_dataset()
        self.user = self.log_in()

    def open(self, name, *args, query="", page=None):
        page = page or self.page
        page.goto(reverse(f"dashboard:{name}", args=args) + query)
        return page

    def wait_for_charts(self, page, count):
        page.wait_for_function(
            "count => document.querySelectorAll('.js-plotly-plot .main-svg').length >= count",
            arg=count,
        )

    def assert_fits(self, page):
        width = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        self.assertLessEqual(width, 0, "The page is wider than the screen.")

    def test_the_curves_grow_while_a_run_trains(self):
        run = make_run(self.dataset)
        page = self.open("run", run.pk)
        points = "() => document.querySelector('[data-chart=loss]').data?.[1].x.length"
        page.wait_for_function(f"{points} === 2")
        epoch = run.epochs.last()
        values = {
            field.name: getattr(epoch, field.name)
            for field in EpochMetric._meta.concrete_fields
            if field.name not in ("id", "epoch")
        }
        EpochMetric.objects.create(epoch=3, **values)
        page.wait_for_function(f"{points} === 3")
        run.status = "succeeded"
        run.save()
        page.wait_for_selector(".badge.succeeded")

    def test_a_version_shows_its_charts_and_opens_a_cell(self):
        version = make_version()
        evaluation = make_evaluation(version, self.dataset)
        page = self.open("version", version.pk)
        self.wait_for_charts(page, 3)
        page.locator(".matrix td a").first.click()
        page.wait_for_url(f"**/evaluations/{evaluation.pk}/**")
        image = page.locator(".tile img").first
        image.wait_for()
        page.wait_for_function("() => document.querySelector('.tile img').naturalWidth > 0")

    def test_a_training_is_started_from_a_version_in_the_admin(self):
        version = self.version_with_weights("first")
        page = self.page
        page.goto(reverse("admin:classifier_trainingrun_add"))
        page.get_by_label("Start from").select_option("first")
        page.get_by_text("More settings").click()
        page.get_by_label("Batch size").fill("8")
        with taken() as send:
            page.get_by_role("button", name="Start training").click()
            page.wait_for_url("**/runs/*/")
        run = TrainingRun.objects.get()
        send.assert_called_once_with("training_run", run.pk)
        self.assertEqual(
            (run.config["start_from"], run.config["head"]), ("first", "enhanced")
        )  # the head is the version's
        page.get_by_text("It goes on from the weights of first.").wait_for()
        page.get_by_role("link", name="first", exact=True).click()
        page.wait_for_url(f"**/versions/{version.pk}/")

    def version_with_weights(self, name):
        config = TrainingConfig(head="enhanced", input_size=32)
        version = make_version(name, config=config.to_json())
        weights = version.folder / "model.safetensors"
        weights.write_bytes(b"")
        files = {**version.manifest["files"], weights.name: sha256_of(weights)}
        version.manifest = {**version.manifest, "files": files}
        version.save()
        return version

    def test_pages_fit_a_phone_in_the_dark(self):
        version = make_version("pocket")
        make_evaluation(version, self.dataset)
        run = make_run(self.dataset)
        phone = self.new_page(viewport={"width": 390, "height": 800}, color_scheme="dark")
        self.log_in(self.user, phone)
        for name, args in {
            "overview": (),
            "runs": (),
            "run": (run.pk,),
            "versions": (),
            "version": (version.pk,),
            "datasets": (),
            "dataset": (self.dataset.pk,),
            "audit": (),
        }.items():
            with self.subTest(name):
                self.assert_fits(self.open(name, *args, page=phone))

    def test_the_audit_works_by_keyboard(self):
        page = self.open("audit", query="?class=simple&split=train")
        tiles = page.locator("[data-tile]")
        tiles.first.focus()
        page.keyboard.press("Enter")
        page.locator(".tile.confirmed").wait_for()
        page.keyboard.press("3")  # the next one has the focus now
        page.locator(".tile.corrected").wait_for()
        self.assertIn("corrected", tiles.nth(1).get_attribute("class"))
        labels = set(LabelCorrection.objects.values_list("label", "corrected_by"))
        name = self.user.get_username()
        self.assertEqual(labels, {("simple", name), ("gradient", name)})

    def test_the_audit_works_by_click(self):
        page = self.open("audit", query="?class=text&split=train")
        page.locator("[data-tile]").first.locator("button.ambiguous").click()
        page.locator(".tile.corrected").wait_for()
        self.assertEqual(LabelCorrection.objects.get().label, "ambiguous")


class LabelNextBrowserTests(TemporaryRoot, BrowserTestCase):
    def setUp(self):
        super().setUp()
        dataset = make_dataset()
        self.log_in()
        selection = LabelSelection.objects.create(status="succeeded", candidate_count=4)
        for rank, sample in enumerate(dataset.samples.all()[:4], 1):
            SelectedLogo.objects.create(
                selection=selection,
                rank=rank,
                sample=sample,
                answer="text",
                confidence=0.4,
                reason="torn",
            )

    def labels(self):
        return [logo.label for logo in SelectedLogo.objects.all()]

    def counts(self, page, number):
        page.wait_for_function(
            "n => document.querySelector('#label-counter strong').textContent == n", arg=str(number)
        )

    def test_keys_label_move_on_and_take_back(self):
        page = self.page
        page.goto(reverse("dashboard:label_next"))
        page.locator("[data-tile]").first.focus()
        page.keyboard.press("3")
        self.counts(page, 1)
        page.keyboard.press("a")
        self.counts(page, 2)
        self.assertEqual(self.labels(), ["gradient", "ambiguous", "", ""])
        page.keyboard.press("u")
        self.counts(page, 1)
        self.assertEqual(self.labels(), ["gradient", "", "", ""])

    def test_the_larger_view_labels_too(self):
        page = self.page
        page.goto(reverse("dashboard:label_next"))
        page.locator("[data-tile]").first.focus()
        page.keyboard.press("v")
        page.locator("dialog[open] img").wait_for()
        page.keyboard.press("1")
        self.counts(page, 1)
        page.wait_for_function(
            "document.querySelector('[data-caption]').textContent.includes('Logo 2')"
        )
        page.keyboard.press("Escape")
        self.assertEqual(page.locator("dialog[open]").count(), 0)
        self.assertEqual(self.labels(), ["simple", "", "", ""])
