"""Who may do what, for every address of the project. A new address has to be added to a table."""

import uuid
from collections.abc import Iterator
from unittest import mock

from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.core.cache import cache
from django.test import TestCase
from django.urls import URLPattern, URLResolver, get_resolver, reverse

# For everybody. What belongs to one visitor is not found by others.
OPEN = {
    "convert", "conversions-zip", "conversion", "retrace", "correct", "conversion-original",
    "conversion-svg", "conversion-file", "conversion-delete", "conversion-rename",
    "conversion-adjust",
    "batch-rename", "batch-delete", "batch-change", "api-conversion-file", "batch",
    "batch-state", "batch-cancel", "batch-zip", "api-batches",
    "api-batch", "api-batch-cancel", "api-batch-zip", "api-conversions", "api-conversion",
    "api-conversion-svg", "healthz", "readyz", "schema", "api-docs", "login", "logout",
    "admin-logout",
    "classifier-api:classify", "classifier-api:proposals", "classifier-api:health",
    "classifier-api:liveprediction-feedback",
}  # fmt: skip

# For all staff, to look at.
READ = {
    "metrics", "conversions-report", "conversions-numbers",
    "dashboard:overview", "dashboard:overview_numbers", "dashboard:traffic_numbers",
    "dashboard:shadow", "dashboard:shadow_numbers", "dashboard:workers", "dashboard:runs",
    "dashboard:run", "dashboard:run_state", "dashboard:run_numbers", "dashboard:rate_test",
    "dashboard:rate_test_state", "dashboard:rate_test_numbers", "dashboard:studies",
    "dashboard:study_estimate", "dashboard:study", "dashboard:study_state",
    "dashboard:study_numbers", "dashboard:versions", "dashboard:version",
    "dashboard:compare_versions", "dashboard:compare_runs", "dashboard:version_report",
    "dashboard:version_methods", "dashboard:version_methods_markdown", "dashboard:version_jobs",
    "dashboard:saliency_image", "dashboard:variants", "dashboard:variant_numbers",
    "dashboard:retrainings", "dashboard:retraining", "dashboard:retraining_state",
    "dashboard:version_repository",
    "dashboard:version_gate", "dashboard:history", "dashboard:history_numbers",
    "dashboard:version_numbers", "dashboard:predictions", "dashboard:datasets",
    "dashboard:dataset_export",
    "dashboard:dataset", "dashboard:build_state", "dashboard:dataset_numbers",
    "dashboard:sample_image", "dashboard:audit", "dashboard:proposals",
    "dashboard:label_next", "dashboard:label_next_state",
    "dashboard:proposal_image", "dashboard:label_check_state", "dashboard:augmentation",
    "dashboard:augmentation_sheet", "dashboard:augmentation_picture", "dashboard:work",
    "dashboard:work_tables", "dashboard:plotly", "dashboard:work_state",
    "classifier-api:dataset-list", "classifier-api:dataset-detail",
    "classifier-api:evaluation-list", "classifier-api:evaluation-detail",
    "classifier-api:liveprediction-list", "classifier-api:liveprediction-detail",
    "classifier-api:retraining-list", "classifier-api:retraining-detail",
    "classifier-api:trainingrun-detail", "classifier-api:trainingrun-epochs",
    "classifier-api:study-detail", "classifier-api:study-trials",
    "classifier-api:modelversion-list", "classifier-api:modelversion-detail",
    "classifier-api:modelversion-files", "classifier-api:promotion-list",
    "classifier-api:promotion-detail",
}  # fmt: skip

# To change something by POST; the superuser may everything.
TRAINERS = {
    "dashboard:compare_evaluate", "dashboard:mirror_again", "dashboard:run_describe",
    "dashboard:dataset_mend",
    "dashboard:retraining_start", "dashboard:retraining_schedule", "dashboard:retraining_resume",
    "dashboard:run_cancel", "dashboard:run_resume", "dashboard:rate_test_start",
    "dashboard:rate_test_cancel", "dashboard:study_new", "dashboard:study_cancel",
    "dashboard:study_resume", "dashboard:study_train", "dashboard:ensemble_new",
    "dashboard:version_evaluate", "dashboard:evaluation_cancel", "dashboard:variants_measure",
    "dashboard:build_cancel", "dashboard:correct", "dashboard:proposal_decide",
    "dashboard:relabel", "dashboard:label_next_start", "dashboard:label_next_cancel",
    "dashboard:label_next_answer", "dashboard:label_next_undo", "dashboard:label_next_undo_last",
    "dashboard:label_check_start", "dashboard:label_check_cancel", "dashboard:work_cancel",
    "classifier-api:trainingrun-list", "classifier-api:trainingrun-cancel",
    "classifier-api:trainingrun-resume", "classifier-api:study-list",
    "classifier-api:study-cancel", "classifier-api:study-resume",
}  # fmt: skip
RELEASERS = {
    "dashboard:shadow_start", "dashboard:shadow_end", "dashboard:version_promote",
    "classifier-api:modelversion-import-archive", "classifier-api:modelversion-promote",
    "classifier-api:modelversion-retire", "classifier-api:modelversion-shadow",
    "classifier-api:modelversion-end-shadow", "classifier-api:modelversion-roll-back",
    "dashboard:version_roll_back",
}  # fmt: skip

# They tell others outside: for superusers, until somebody is granted the right.
SUPERUSERS = {
    "dashboard:notice_subscribe", "dashboard:notice_try", "dashboard:notice_unsubscribe",
}  # fmt: skip
SUPERUSERS_READ = {
    "dashboard:notices", "classifier-api:notice-list", "classifier-api:notice-detail",
}  # fmt: skip

# What each role sees in the admin, and what it may add there.
EVERY_ROLE_SEES = {
    "dataset", "sample", "labelcorrection", "trainingrun", "study", "trial", "modelversion",
    "evaluation", "conversion", "failure",
}  # fmt: skip
TRAINERS_ADD = {"dataset", "trainingrun"}

ROLES = ("viewer", "trainer", "releaser")
_ARGUMENTS = {
    "<uuid:pk>": str(uuid.UUID(int=7)), "<int:pk>": 999, "<str:file_format>": "csv",
    "<slug:table>": "nothing", "<slug:kind>": "training_run", "<str:key>": "nothing",
}  # fmt: skip


def addresses(resolver: URLResolver, space: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Yield every named address outside of the admin with its pattern."""
    for pattern in resolver.url_patterns:
        if not isinstance(pattern, URLResolver):
            yield f"{space}{pattern.name}", pattern
        elif pattern.namespace != "admin":
            inner = f"{pattern.namespace}:" if pattern.namespace else space
            yield from addresses(pattern, inner)


def address(name: str, pattern: URLPattern) -> str:
    """Return an address under a name, of a thing that does not exist where it names one."""
    values, route = {}, str(pattern.pattern)
    for key in pattern.pattern.regex.groupindex:
        known = [v for k, v in _ARGUMENTS.items() if k.endswith(f":{key}>") and k in route]
        missing = str(uuid.UUID(int=7)) if "liveprediction" in name else "999"
        values[key] = known[0] if known else "x.csv" if key == "name" else missing
    return reverse(name, kwargs=values)


class AccessCase(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.users = {"user": User.objects.create_user("user")}
        cls.users["superuser"] = User.objects.create_superuser("superuser")
        for role in ROLES:
            cls.users[role] = User.objects.create_user(role, is_staff=True)
            cls.users[role].groups.add(Group.objects.get(name=role))
        cls.table = {name: address(name, pattern) for name, pattern in addresses(get_resolver())}

    def setUp(self):
        cache.clear()
        # A request within a request would close the test's database connection.
        self.enterContext(mock.patch("converter.monitoring.health._classifier", return_value=""))

    def be(self, role):
        self.client.logout()
        if role:
            self.client.force_login(self.users[role])

    def refused(self, response):
        login = response.status_code == 302 and "/login/" in response.headers["Location"]
        return login or response.status_code in (401, 403)


class TableTests(AccessCase):
    def test_every_address_is_in_one_table(self):
        tables = [OPEN, READ, TRAINERS, RELEASERS, SUPERUSERS, SUPERUSERS_READ]
        self.assertEqual(set(self.table), set().union(*tables))
        self.assertEqual(sum(map(len, tables)), len(set().union(*tables)))

    def test_no_address_fails(self):
        for role in (None, *self.users):
            self.be(role)
            for name, path in self.table.items():
                for method in ("get", "post", "put", "patch", "delete"):
                    with self.subTest(name=name, role=role, method=method):
                        self.assertLess(getattr(self.client, method)(path).status_code, 500)
                        if name.endswith("logout"):
                            self.be(role)


class ReadingTests(AccessCase):
    def test_open_addresses_refuse_nobody(self):
        for role in (None, *self.users):
            self.be(role)
            for name in OPEN:
                with self.subTest(name=name, role=role):
                    self.assertFalse(self.refused(self.client.get(self.table[name])))

    def test_everything_else_is_for_staff(self):
        for role in (None, *self.users):
            self.be(role)
            for name in READ | TRAINERS | RELEASERS:
                with self.subTest(name=name, role=role):
                    response = self.client.get(self.table[name])
                    if role in (None, "user"):
                        self.assertIn(response.status_code, (302, 401, 403, 405))
                        self.assertTrue(self.refused(response) or response.status_code == 405)
                    elif name in READ:
                        self.assertFalse(self.refused(response), response.status_code)


class ChangingTests(AccessCase):
    def assert_allowed(self, names, allowed):
        for role in (None, *self.users):
            self.be(role)
            for name in names:
                with self.subTest(name=name, role=role):
                    response = self.client.post(self.table[name])
                    self.assertEqual(self.refused(response), role not in (*allowed, "superuser"))
                    self.assertNotEqual(response.status_code, 405)

    def test_trainers_train(self):
        self.assert_allowed(TRAINERS, ["trainer"])

    def test_releasers_release(self):
        self.assert_allowed(RELEASERS, ["releaser"])

    def test_superusers_let_others_be_told(self):
        self.assert_allowed(SUPERUSERS, [])
        for role in self.users:
            self.be(role)
            for name in SUPERUSERS_READ:
                with self.subTest(name=name, role=role):
                    response = self.client.get(self.table[name])
                    self.assertEqual(self.refused(response), role != "superuser")

    def test_what_is_to_be_looked_at_is_not_changed_by_the_api(self):
        self.be("superuser")
        for name in READ | SUPERUSERS_READ:
            if name.startswith("classifier-api:"):
                for method in ("post", "put", "patch", "delete"):
                    with self.subTest(name=name, method=method):
                        response = getattr(self.client, method)(self.table[name])
                        self.assertEqual(response.status_code, 405)


class AdminTests(AccessCase):
    def allowed(self, page):
        """The models of the project whose page the present user may see."""
        names = set()
        for model in admin.site._registry:
            meta = model._meta
            path = reverse(f"admin:{meta.app_label}_{meta.model_name}_{page}")
            if not self.refused(self.client.get(path)):
                names.add(meta.model_name)
        return names

    def test_each_role_sees_the_classifiers_tables_and_nothing_else(self):
        for role in ROLES:
            self.be(role)
            with self.subTest(role):
                self.assertEqual(self.allowed("changelist"), EVERY_ROLE_SEES)

    def test_only_trainers_add_something(self):
        for role, added in (("viewer", set()), ("trainer", TRAINERS_ADD), ("releaser", set())):
            self.be(role)
            with self.subTest(role):
                self.assertEqual(self.allowed("add"), added)

    def test_strangers_and_visitors_see_nothing(self):
        for role in (None, "user"):
            self.be(role)
            with self.subTest(role):
                self.assertEqual(self.allowed("changelist") | self.allowed("add"), set())
