"""Pages for what is not there or not allowed, and whose conversions are whose."""

from django.contrib.auth import get_user_model
from django.test import Client, TestCase, override_settings

from converter.adjusting.options import OPTIONS
from converter.models import Conversion
from tests.converter.test_outputs import StoredCase


@override_settings(DEBUG=False)
class ProblemPageTests(TestCase):
    def test_an_unknown_address_has_a_page_of_the_site(self):
        page = self.client.get("/nothing/")
        self.assertContains(page, "There is nothing here", status_code=404)
        self.assertContains(page, "Convert a logo", status_code=404)

    def test_a_conversion_of_others_or_that_has_gone_says_why(self):
        path = "/conversions/6a1d9a0e-0000-4000-8000-000000000009/"
        self.assertContains(self.client.get(path), "deleted after 7 days", status_code=404)

    def test_who_may_not_is_told_as_whom_they_are_signed_in(self):
        user = get_user_model().objects.create_user("visitor")
        self.client.force_login(user)
        page = self.client.get("/dashboard/")
        self.assertContains(page, "You are signed in as visitor", status_code=403)

    def test_a_form_without_its_token_says_what_to_do(self):
        client = Client(enforce_csrf_checks=True)
        self.assertContains(client.post("/"), "load it again", status_code=403)
        problem = client.post("/api/v1/conversions/")
        self.assertEqual(problem.status_code, 400)


class VisitorTests(StoredCase):
    def test_conversions_stay_when_one_signs_in_and_out(self):
        user = get_user_model().objects.create_user("visitor", password="not-a-secret")
        page = f"/conversions/{self.found.pk}/"
        credentials = {"username": user.username, "password": "not-a-secret"}
        self.assertRedirects(self.client.post("/accounts/login/", credentials), "/")
        self.assertEqual(self.client.get(page).status_code, 200)
        self.client.post("/accounts/logout/")
        self.assertEqual(self.client.get(page).status_code, 200)
        self.assertNotIn("_auth_user_id", self.client.session)

    def test_another_account_in_the_same_browser_does_not_see_them(self):
        users = [get_user_model().objects.create_user(name) for name in ("one", "two")]
        self.client.force_login(users[0])
        session = self.client.session
        session["visitor"] = self.visitor
        session.save()
        self.client.force_login(users[1])
        self.assertEqual(self.client.get(f"/conversions/{self.found.pk}/").status_code, 404)
        self.assertTrue(Conversion.objects.exists())


class SchemaTests(TestCase):
    def setUp(self):
        answer = self.client.get("/api/schema/", headers={"accept": "application/json"})
        self.schema = answer.json()
        self.objects = self.schema["components"]["schemas"]

    def example_of(self, content):
        """An example of what a body holds: its own, or that of the object that it is or lists."""
        if content.get("examples"):
            return next(iter(content["examples"].values()))["value"]
        name = content["schema"].get("$ref", "").rpartition("/")[2]
        name = name or content["schema"].get("items", {}).get("$ref", "").rpartition("/")[2]
        if name.startswith("Paginated"):
            name = name.removeprefix("Paginated").removesuffix("List")
        return self.objects.get(name, {}).get("example")

    def test_every_json_answer_and_request_has_an_example(self):
        for path, operations in self.schema["paths"].items():
            for method, operation in operations.items():
                bodies = [*operation["responses"].values(), operation.get("requestBody", {})]
                for body in bodies:
                    for kind, content in body.get("content", {}).items():
                        if kind.endswith("json"):
                            with self.subTest(path=path, method=method):
                                self.assertIsNotNone(self.example_of(content))

    def test_examples_have_the_fields_that_their_objects_have(self):
        for name, described in self.objects.items():
            if "example" in described:
                with self.subTest(name):
                    self.assertEqual(set(described["example"]), set(described["properties"]))

    def test_what_is_adjusted_has_ranges_and_defaults(self):
        for name in ("ConversionRequestRequest", "BatchRequestRequest"):
            fields = self.objects[name]["properties"]
            for option in OPTIONS.values():
                with self.subTest(option.name):
                    found = fields[option.name]
                    self.assertIn(option.about, found["description"])
                    self.assertEqual(found.get("minimum"), option.low)
                    self.assertEqual(found.get("maximum"), option.high)
            self.assertEqual(fields["ground"]["default"], "keep")

    def test_every_operation_has_a_name_and_belongs_to_one_noun(self):
        schema = self.schema
        known = {tag["name"] for tag in schema["tags"]}
        for path, operations in schema["paths"].items():
            for method, operation in operations.items():
                with self.subTest(path=path, method=method):
                    self.assertTrue(operation.get("summary"))
                    self.assertEqual(operation["tags"], [path.split("/")[3]])
                    self.assertIn(operation["tags"][0], known)
                    self.assertTrue(operation.get("description"))
