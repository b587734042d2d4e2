import tempfile
from unittest import mock

from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import TestCase, override_settings
from django.urls import reverse

from classifier.datasets import proposals
from classifier.datasets.building import build_from_packages
from classifier.datasets.proposals import accept, propose, reject
from classifier.models import Proposal
from tests.classifier.datasets.test_building import WithPackage
from tests.support.serving import image_bytes

API = "/api/v1/proposals/"


class ProposalCase(TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        changed = override_settings(CLASSIFIER_ROOT=folder.name, CLASSIFIER_COLLECT_PROPOSALS=True)
        changed.enable()
        self.addCleanup(changed.disable)
        self.staff = User.objects.create_superuser("ada")

    def send(self, content=None, **fields):
        image = SimpleUploadedFile("x.png", content or image_bytes())
        return self.client.post(API, {"image": image, "label": "text", "consent": "true"} | fields)


class ApiTests(ProposalCase):
    def test_a_proposal_is_kept_as_a_plain_picture_with_the_time_of_consent(self):
        response = self.send(answered="simple")
        found = Proposal.objects.get()
        self.assertEqual((response.status_code, response.json()["sha256"]), (201, found.sha256))
        self.assertEqual(
            (found.label, found.answered, found.status), ("text", "simple", "proposed")
        )
        self.assertTrue(found.file.read_bytes().startswith(b"\x89PNG"))
        self.assertIsNotNone(found.consent_at)

    def test_without_consent_nothing_is_kept(self):
        for consent in ("false", ""):
            self.assertEqual(self.send(consent=consent).status_code, 400)
        self.assertFalse(Proposal.objects.exists())

    def test_it_is_off_by_default(self):
        with override_settings(CLASSIFIER_COLLECT_PROPOSALS=False):
            response = self.send()
        self.assertEqual(response.status_code, 403)
        self.assertIn("does not collect logos", response.json()["detail"])

    def test_bad_images_and_labels_are_refused_by_field(self):
        self.assertIn("image", self.send(content=b"no image").json()["errors"])
        self.assertIn("label", self.send(label="ambiguous").json()["errors"])
        self.assertFalse(Proposal.objects.exists())

    @override_settings(CLASSIFIER_MAX_UPLOAD_BYTES=1000)
    def test_a_large_file_is_refused(self):
        for size in (1_001, 100_000):
            with self.subTest(size):
                response = self.send(content=image_bytes() + bytes(size))
                self.assertEqual(response.status_code, 413)
                self.assertIn("larger than", response.json()["detail"])
        self.assertFalse(Proposal.objects.exists())

    def test_a_stranger_cannot_fill_the_disk(self):
        with mock.patch.object(proposals, "_MOST_WAITING", 1):
            self.send()
            self.assertEqual(self.send(content=image_bytes("blue")).status_code, 403)
        self.assertEqual(Proposal.objects.count(), 1)

    def test_the_same_image_again_keeps_what_was_decided(self):
        self.send()
        reject(Proposal.objects.get(), self.staff)
        self.assertEqual(self.send().json()["status"], "rejected")
        self.assertFalse(Proposal.objects.get().file.exists())


class PageTests(ProposalCase):
    def setUp(self):
        super().setUp()
        self.client.force_login(self.staff)
        self.proposal = propose(image_bytes(), "text", "simple")

    def decide(self, decision):
        address = reverse("dashboard:proposal_decide", args=[self.proposal.pk])
        response = self.client.post(address, {"decision": decision}, follow=True)
        self.proposal.refresh_from_db()
        return response

    def test_it_shows_what_waits(self):
        page = self.client.get(reverse("dashboard:proposals"))
        self.assertContains(page, "uploader says <strong>text</strong>, classifier said simple")
        address = reverse("dashboard:proposal_image", args=[self.proposal.pk])
        self.assertEqual(self.client.get(address)["Content-Type"], "image/png")

    def test_accepting_stores_label_and_name(self):
        self.decide("complex")
        found = self.proposal
        self.assertEqual(
            (found.status, found.label, found.decided_by), ("accepted", "complex", "ada")
        )

    def test_rejecting_forgets_the_image(self):
        self.decide("reject")
        self.assertEqual(self.proposal.status, "rejected")
        self.assertFalse(self.proposal.file.exists())

    def test_a_decision_stands(self):
        self.decide("text")
        self.assertContains(self.decide("reject"), "ada decided on this one already")
        self.assertEqual(self.proposal.status, "accepted")

    def test_nonsense_is_refused(self):
        self.assertContains(
            self.decide("banana"), "Choose simple, text, gradient, complex or reject"
        )
        self.assertEqual(self.proposal.status, "proposed")

    def test_those_who_may_not_label_may_not_decide(self):
        self.client.force_login(User.objects.create_user("eve", is_staff=True))
        self.assertEqual(self.decide("text").status_code, 403)
        self.assertEqual(self.proposal.status, "proposed")


@override_settings(CLASSIFIER_COLLECT_PROPOSALS=True)
class BuildTests(WithPackage):
    def setUp(self):
        super().setUp()
        self.fingerprint = self.build().fingerprint
        self.proposal = propose(image_bytes("red", (90, 30)), "text")
        self.staff = User.objects.create_superuser("ada")

    def test_only_accepted_ones_enter_and_only_to_train_on(self):
        self.assertEqual(self.build("again").fingerprint, self.fingerprint)
        accept(self.proposal, "complex", self.staff)
        dataset = self.build("more")
        self.assertNotEqual(dataset.fingerprint, self.fingerprint)
        sample = dataset.samples.get(package="proposals")
        self.assertEqual((sample.label, sample.split), ("complex", "train"))
        self.assertTrue(sample.file.is_file())

    def test_one_that_looks_like_a_logo_of_the_data_set_stays_out(self):
        known = build_from_packages("known", [self.package]).samples.first()
        twin = propose(known.file.read_bytes(), "text")
        accept(twin, "text", self.staff)
        dataset = self.build("more")
        self.assertFalse(dataset.samples.filter(package="proposals").exists())
        self.assertEqual(dataset.dropped["proposal that looks like another logo"], 1)
