"""Pages for what is not there or not allowed, and whose conversions are whose."""

from django.contrib.auth import get_user_model
from django.test import Client, TestCase, override_settings

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
    def test_every_operation_has_a_name_and_belongs_to_one_noun(self):
        schema = self.client.get("/api/schema/", headers={"accept": "application/json"}).json()
        known = {tag["name"] for tag in schema["tags"]}
        for path, operations in schema["paths"].items():
            for method, operation in operations.items():
                with self.subTest(path=path, method=method):
                    self.assertTrue(operation.get("summary"))
                    self.assertEqual(operation["tags"], [path.split("/")[3]])
                    self.assertIn(operation["tags"][0], known)
                    self.assertTrue(operation.get("description"))
