import hashlib
from datetime import timedelta
from unittest import mock

import numpy as np
from django.urls import reverse
from PIL import Image

from classifier.datasets.building import fill, new_dataset
from classifier.datasets.corrections import correct
from classifier.datasets.features import features_of
from classifier.labelling.candidates import candidates
from classifier.labelling.selecting import SelectionError, start_selection
from classifier.models import (
    Dataset,
    LabelCorrection,
    LabelSelection,
    Proposal,
    Sample,
    SelectedLogo,
)
from classifier.versions.promotion import put_in_production
from tests.classifier.dashboard.test_pages import DashboardTestCase, make_user
from tests.support.work import do, taken


def add_ambiguous(dataset, count=3):
    """Let so many of a dataset's simple logos be ambiguous, out of every split."""
    chosen = dataset.samples.filter(label="simple").order_by("pk")[:count]
    dataset.samples.filter(pk__in=[sample.pk for sample in chosen]).update(
        label="ambiguous", split=""
    )
    return list(dataset.samples.filter(label="ambiguous"))


def add_proposal(colour="red", label="text"):
    sha256 = hashlib.sha256(colour.encode()).hexdigest()
    proposal = Proposal.objects.create(sha256=sha256, label=label)
    proposal.file.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (40, 40), colour).save(proposal.file)
    return proposal


def hashes_as_features(logos, tell):
    tell(1.0)
    return np.array([list(bytes.fromhex(logo.sha256)) for logo in logos], np.float32)


class LabellingTestCase(DashboardTestCase):
    def setUp(self):
        super().setUp()
        put_in_production(self.version)
        self.ambiguous = add_ambiguous(self.dataset)
        # What a network sees takes seconds, and is tested by itself.
        seen = mock.patch("classifier.labelling.selecting.features_of", hashes_as_features)
        seen.start()
        self.addCleanup(seen.stop)

    def selected(self):
        with taken():
            row = start_selection(self.admin)
        return do("label_selection", row.pk)

    def answer(self, logo, label):
        address = reverse("dashboard:label_next_answer", args=[logo.pk])
        return self.client.post(address, {"label": label})

    def undo(self, logo):
        return self.client.post(reverse("dashboard:label_next_undo", args=[logo.pk]))


class CandidateTests(LabellingTestCase):
    def test_the_ambiguous_pool_and_waiting_proposals_are_candidates(self):
        proposal = add_proposal()
        add_proposal("blue").delete()
        found = {logo.sha256 for logo in candidates()}
        self.assertEqual(found, {proposal.sha256, *(s.sha256 for s in self.ambiguous)})

    def test_what_somebody_reviewed_is_none(self):
        correct(self.ambiguous[0], "text", "ann")
        found = {logo.sha256 for logo in candidates()}
        self.assertEqual(found, {s.sha256 for s in self.ambiguous[1:]})

    def test_imported_images_are_candidates_with_what_their_folder_says(self):
        imported = new_dataset("mine", Dataset.Source.FOLDER, 0)
        sample = Sample(
            dataset=imported, path="x.png", sha256="ab" * 32, label="text", split="train", brand="x"
        )
        fill(imported, lambda: [sample], {})
        (logo,) = [logo for logo in candidates() if logo.sha256 == "ab" * 32]
        self.assertEqual((logo.origin, logo.said), ("import", "text"))

    def test_a_file_in_two_datasets_is_asked_for_once(self):
        again = new_dataset("again", Dataset.Source.PACKAGES, 0)
        first = self.ambiguous[0]
        copy = Sample(
            dataset=again, path="x.png", sha256=first.sha256, label="ambiguous", brand="x"
        )
        fill(again, lambda: [copy], {})
        self.assertEqual(len(candidates()), len(self.ambiguous))


class SelectionTests(LabellingTestCase):
    def test_a_worker_stores_what_to_label_with_answer_and_reason(self):
        selection = self.selected()
        self.assertEqual((selection.status, selection.error), ("succeeded", ""))
        self.assertEqual(selection.candidate_count, len(self.ambiguous))
        logos = list(selection.logos.all())
        self.assertEqual([logo.rank for logo in logos], list(range(1, len(logos) + 1)))
        for logo in logos:
            self.assertIn(logo.sample, self.ambiguous)
            self.assertTrue(logo.answer)
            self.assertIn("ambiguous by its measures", logo.reason)

    def test_the_reason_names_who_differs(self):
        add_proposal("red", label="gradient")  # the tiny model says that red is simple
        logo = self.selected().logos.get(proposal__isnull=False)
        self.assertEqual(logo.answer, "simple")
        self.assertIn("the uploader says gradient", logo.reason)

    def test_an_image_that_is_gone_is_left_out(self):
        proposal = add_proposal()
        proposal.file.unlink()
        selection = self.selected()
        self.assertEqual(selection.status, "succeeded")
        self.assertFalse(selection.logos.filter(proposal=proposal).exists())

    def test_nothing_to_label_is_said(self):
        for sample in self.ambiguous:
            correct(sample, "text", "ann")
        selection = self.selected()
        self.assertEqual(selection.status, "failed")
        self.assertIn("No logo waits for a label", selection.error)

    def test_one_at_a_time(self):
        with taken():
            start_selection(self.admin)
            with self.assertRaisesMessage(SelectionError, "being chosen already"):
                start_selection(self.admin)

    def test_features_are_computed_once(self):
        first = features_of(self.ambiguous)
        with mock.patch("classifier.datasets.features._seen", side_effect=AssertionError):
            np.testing.assert_array_equal(features_of(self.ambiguous), first)

    def test_broken_stored_features_are_made_anew(self):
        from classifier.datasets.features import _path

        first = features_of(self.ambiguous)
        _path().write_bytes(b"PK no zip")
        with self.assertLogs("classifier.datasets.features", "WARNING"):
            np.testing.assert_array_equal(features_of(self.ambiguous), first)


class AnswerTests(LabellingTestCase):
    def setUp(self):
        super().setUp()
        self.proposal = add_proposal()
        selection = LabelSelection.objects.create(status="succeeded", candidate_count=2)
        values = {"selection": selection, "answer": "text", "confidence": 0.4, "reason": "torn"}
        self.of_sample = SelectedLogo.objects.create(rank=1, sample=self.ambiguous[0], **values)
        self.of_upload = SelectedLogo.objects.create(rank=2, proposal=self.proposal, **values)

    def test_a_label_becomes_a_correction_and_the_counter_moves(self):
        response = self.answer(self.of_sample, "gradient")
        self.assertContains(response, "gradient by boss")
        self.assertContains(response, "<strong>1</strong> of 2 labelled")
        correction = LabelCorrection.objects.get(sha256=self.ambiguous[0].sha256)
        self.assertEqual((correction.label, correction.corrected_by), ("gradient", "boss"))

    def test_a_label_accepts_a_proposal(self):
        self.answer(self.of_upload, "simple")
        self.proposal.refresh_from_db()
        self.assertEqual((self.proposal.status, self.proposal.label), ("accepted", "simple"))

    def test_undo_forgets_the_correction(self):
        self.answer(self.of_sample, "gradient")
        self.answer(self.of_sample, "text")
        response = self.undo(self.of_sample)
        self.assertContains(response, "<strong>0</strong> of 2 labelled")
        self.assertFalse(LabelCorrection.objects.exists())

    def test_undo_brings_back_what_was_said_before(self):
        earlier = correct(self.ambiguous[0], "complex", "ann")
        self.answer(self.of_sample, "gradient")
        self.undo(self.of_sample)
        known = LabelCorrection.objects.get()
        self.assertEqual((known.label, known.corrected_by), ("complex", "ann"))
        self.assertEqual(known.corrected_at, earlier.corrected_at)

    def test_undo_lets_a_proposal_wait_again_as_its_uploader_had_it(self):
        self.answer(self.of_upload, "simple")
        self.answer(self.of_upload, "complex")
        self.undo(self.of_upload)
        self.proposal.refresh_from_db()
        self.assertEqual((self.proposal.status, self.proposal.label), ("proposed", "text"))
        self.assertEqual(self.proposal.decided_by, "")

    def test_the_last_label_is_taken_back_by_key(self):
        self.answer(self.of_sample, "gradient")
        self.answer(self.of_upload, "simple")
        SelectedLogo.objects.filter(pk=self.of_sample.pk).update(
            labelled_at=SelectedLogo.objects.get(pk=self.of_upload.pk).labelled_at
            + timedelta(seconds=1)
        )
        response = self.client.post(reverse("dashboard:label_next_undo_last"))
        self.assertEqual(response["HX-Retarget"], f"#logo-{self.of_sample.pk}")
        self.of_sample.refresh_from_db()
        self.assertEqual(self.of_sample.label, "")

    def test_nothing_to_undo_changes_nothing(self):
        response = self.client.post(reverse("dashboard:label_next_undo_last"))
        self.assertEqual(response.status_code, 204)

    def test_what_somebody_else_said_since_is_not_undone(self):
        self.answer(self.of_sample, "gradient")
        correct(self.ambiguous[0], "text", "ann")
        self.assertContains(self.undo(self.of_sample), "corrected this logo again since")
        self.assertEqual(LabelCorrection.objects.get().label, "text")

    def test_a_proposal_that_was_decided_elsewhere_is_left_alone(self):
        Proposal.objects.update(status="rejected", decided_by="ann")
        self.assertContains(self.answer(self.of_upload, "simple"), "ann decided on this proposal")
        self.proposal.refresh_from_db()
        self.assertEqual(self.proposal.status, "rejected")

    def test_an_unknown_label_is_refused(self):
        self.assertEqual(self.answer(self.of_sample, "lovely").status_code, 400)

    def test_only_who_may_correct_labels_does(self):
        self.client.force_login(make_user("visitor", is_staff=True))
        self.assertEqual(self.answer(self.of_sample, "text").status_code, 403)
        self.assertEqual(self.undo(self.of_sample).status_code, 403)
        start = self.client.post(reverse("dashboard:label_next_start"))
        self.assertEqual(start.status_code, 403)

    def test_the_page_shows_what_nobody_reviewed_if_asked(self):
        self.answer(self.of_sample, "gradient")
        shown = self.get("label_next", show="open").context["logos"]
        self.assertEqual([logo.pk for logo in shown], [self.of_upload.pk])
        self.assertEqual(len(self.get("label_next").context["logos"]), 2)

    def test_when_all_are_labelled_the_page_says_what_to_do(self):
        self.answer(self.of_sample, "gradient")
        self.answer(self.of_upload, "text")
        self.assertContains(self.get("label_next", show="open"), "choose anew above")


class PageTests(LabellingTestCase):
    def test_an_empty_page_says_what_to_do(self):
        self.assertContains(self.get("label_next"), "No logos have been chosen yet")

    def test_starting_shows_the_progress(self):
        with taken() as send, self.captureOnCommitCallbacks(execute=True):
            self.client.post(reverse("dashboard:label_next_start"))
        send.assert_called_once_with("label_selection", LabelSelection.objects.get().pk)
        self.assertContains(self.get("label_next"), "Choosing logos to label")
        self.assertContains(self.get("label_next_state"), "waits for a worker")

    def test_a_choice_can_be_cancelled(self):
        with taken():
            start_selection(self.admin)
        self.client.post(reverse("dashboard:label_next_cancel"))
        self.assertEqual(LabelSelection.objects.get().status, "cancelled")
        self.assertIn("HX-Refresh", self.get("label_next_state"))
