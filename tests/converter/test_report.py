"""What staff see of conversions: on the dashboard and in the admin."""

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.files.base import ContentFile

from converter.models import Conversion, Failure
from converter.tasks import delete_expired_conversions
from tests.converter.classifier import classifier_says
from tests.converter.images import encoded, logo
from tests.converter.test_outputs import StoredCase


class ReportTests(StoredCase):
    def setUp(self):
        super().setUp()
        user = get_user_model().objects.create_user("viewer", is_staff=True)
        user.groups.add(Group.objects.get(name="viewer"))
        self.client.force_login(user)

    def test_the_dashboard_counts_by_day(self):
        Conversion.objects.update(logo_type="text", true_type="simple", fidelity=0.5)
        page = self.client.get("/dashboard/conversions/")
        self.assertContains(page, "Conversions by preset")
        charts = {kind: records for _, kind, records, _ in page.context["charts"]}
        self.assertIn('"group": "text", "count": 1', charts["conversion-types"])
        self.assertIn('"group": "simple", "count": 1', charts["conversion-corrections"])
        self.assertIn('"median": 0.5', charts["conversion-fidelity"])
        self.assertEqual(page.context["counts"], {"total": 1, "poor": 1, "corrected": 1})

    def test_each_charts_numbers_are_downloaded(self):
        Conversion.objects.update(logo_type="text", fidelity=0.5)
        address = "/dashboard/conversions/numbers/conversion-types"
        self.assertContains(self.client.get("/dashboard/conversions/"), f'href="{address}.csv"')
        day = self.found.created_at.date().isoformat()
        answer = self.client.get(f"{address}.csv")
        self.assertEqual(answer.content.decode(), f"day,group,count\r\n{day},text,1\r\n")
        self.assertIn("conversion-types.csv", answer["Content-Disposition"])
        answer = self.client.get(f"{address}.json")
        self.assertEqual(answer.json(), [{"day": day, "group": "text", "count": 1}])
        for end in ("-nothing.csv", ".xml"):
            self.assertEqual(self.client.get(f"{address}{end}").status_code, 404)

    def test_strangers_and_users_without_rights_get_none(self):
        address = "/dashboard/conversions/numbers/conversion-types.csv"
        self.client.force_login(get_user_model().objects.create_user("somebody"))
        self.assertEqual(self.client.get(address).status_code, 403)
        self.client.logout()
        self.assertRedirects(self.client.get(address), f"/accounts/login/?next={address}")

    def test_every_dashboard_page_has_its_tab(self):
        self.assertContains(self.client.get("/dashboard/"), 'href="/dashboard/conversions/"')

    def test_refused_images_are_counted_without_being_kept(self):
        bad = ContentFile(b"nothing", name="secret-name.png")
        self.client.post("/", {"image": bad})
        self.client.post("/api/v1/conversions/", {"image": ContentFile(b"nothing", name="a.png")})
        self.assertEqual(list(Failure.objects.values_list("kind", flat=True)), ["refused"] * 2)
        page = self.client.get("/dashboard/conversions/")
        self.assertContains(page, "This is not a PNG")
        self.assertNotContains(page, "secret-name")
        Failure.objects.update(created_at="2020-01-01T00:00:00Z")
        delete_expired_conversions()
        self.assertFalse(Failure.objects.exists())

    def test_the_admin_shows_drawings_but_not_whose_they_are(self):
        with classifier_says("simple"):
            self.client.post("/", {"image": ContentFile(encoded(logo()), name="secret-name.png")})
        changelist = self.client.get("/admin/converter/conversion/")
        self.assertContains(changelist, "data:image/png;base64", count=2)
        found = Conversion.objects.first()
        detail = self.client.get(f"/admin/converter/conversion/{found.pk}/change/")
        for page in (changelist, detail):
            self.assertNotContains(page, "secret-name")
            self.assertNotContains(page, str(found.visitor))
        self.assertContains(detail, found.fidelity_percent)

    def test_a_drawing_whose_file_has_gone_does_not_stop_the_list(self):
        self.found.svg.storage.delete(self.found.svg.name)
        self.assertEqual(self.client.get("/admin/converter/conversion/").status_code, 200)
