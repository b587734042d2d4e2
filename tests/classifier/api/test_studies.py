from django.contrib.auth.models import User

from classifier.models import Study
from tests.classifier.api.test_resources import API, StaffCase, make_dataset
from tests.classifier.studies.test_lifecycle import end_trial
from tests.support.work import patch_queue


class StudiesTestCase(StaffCase):
    def setUp(self):
        super().setUp()
        self.dataset = make_dataset()
        self.send = patch_queue(self)

    def start(self, **values):
        body = {"dataset": self.dataset.pk, "config": {"batch_size": 8}, "trials": 2, **values}
        with self.captureOnCommitCallbacks(execute=True):
            return self.post("/studies/", body)

    def test_it_starts_a_study_and_tells_the_worker(self):
        answer = self.start(parameters=["head"], parallel=2)
        self.assertEqual(answer.status_code, 201, answer.content)
        study = Study.objects.get()
        self.assertEqual((study.created_by, list(study.space)), (self.user, ["head"]))
        self.assertEqual(self.send.call_count, 2)

    def test_what_is_wrong_is_named(self):
        for values, field in (
            ({"trials": 0}, "trials"),
            ({"share": 2}, "share"),
            ({"parameters": ["weights"]}, "parameters.0"),
            ({"parameters": []}, "parameters"),
            ({"config": {"batch_size": 1}}, "config.batch_size"),
            ({"dataset": 10**30}, "dataset"),
        ):
            answer = self.start(**values)
            self.assertEqual(answer.status_code, 400, values)
            self.assertEqual(list(answer.json()["errors"]), [field])
        self.assertFalse(Study.objects.exists())

    def test_the_detail_tells_the_best_settings(self):
        self.start(parameters=["head"])
        study = Study.objects.get()
        address = f"{API}/studies/{study.pk}/"
        self.assertIsNone(self.client.get(address).json()["best"])
        end_trial(study.trials.get(), value=0.8, values={"head": "enhanced"}, curve=[0.7, 0.8])
        answer = self.client.get(address).json()
        self.assertEqual((answer["best"]["number"], answer["best"]["value"]), (1, 0.8))
        self.assertEqual(answer["best_config"]["head"], "enhanced")
        trials = self.client.get(f"{address}trials/").json()
        self.assertEqual([t["curve"] for t in trials], [[0.7, 0.8]])

    def test_cancel_and_resume(self):
        self.start()
        address = f"/studies/{Study.objects.get().pk}"
        self.assertEqual(self.post(f"{address}/resume/").status_code, 409)
        self.assertEqual(self.post(f"{address}/cancel/").json()["status"], "cancelled")
        self.assertEqual(self.post(f"{address}/cancel/").status_code, 409)
        self.assertEqual(self.post(f"{address}/resume/").json()["status"], "running")

    def test_only_trainers_start_one(self):
        self.client.force_login(User.objects.create_user("staff", is_staff=True))
        self.assertEqual(self.start().status_code, 403)
        self.assertEqual(self.client.get(f"{API}/studies/").status_code, 200)
