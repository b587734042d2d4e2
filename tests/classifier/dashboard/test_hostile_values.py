"""Values in addresses and tables that no page of ours writes."""

from django.contrib.auth.models import User
from django.test import SimpleTestCase, TestCase

from classifier.dashboard.tables import Table
from classifier.lib.keys import is_key
from classifier.lib.tables import harmless

NUMBERS = ("²", "٣", "9" * 30, "9" * 5000, "-1", "1.5", "1e3", "", "\x00", "' OR 1=1", "½")


class QueryTests(TestCase):
    def setUp(self):
        self.client.raise_request_exception = False
        self.client.force_login(User.objects.create_superuser("boss"))

    def test_no_number_of_a_query_is_a_fault(self):
        for page, names in (
            ("audit", ("dataset", "class", "split", "seed", "page", "order")),
            ("runs/compare", ("run",)),
            ("versions/compare", ("first", "second", "page")),
            ("shadow", ("version", "page")),
            ("augmentation/sheet", ("asked",)),
            ("runs", ("page",)),
            ("proposals", ("status", "page")),
            ("datasets", ("page",)),
        ):
            for name in names:
                for value in NUMBERS:
                    with self.subTest(page=page, name=name, value=value[:9]):
                        response = self.client.get(f"/dashboard/{page}/", {name: value})
                        self.assertLess(response.status_code, 500)

    def test_no_key_in_the_admin_is_a_fault(self):
        for model in ("modelversion", "trainingrun", "dataset"):
            for value in NUMBERS[:4]:
                response = self.client.get(f"/admin/classifier/{model}/{value}/change/")
                self.assertLess(response.status_code, 500)


class CellTests(SimpleTestCase):
    def test_a_key_is_a_plain_number_that_a_database_takes(self):
        self.assertTrue(is_key("7"))
        self.assertFalse(any(is_key(value) for value in NUMBERS))

    def test_a_name_with_a_line_break_gives_a_file_all_the_same(self):
        table = Table("logos\r\nSet-Cookie: a=b", ("a",), [(1,)])
        response = table.respond("csv")
        self.assertEqual(
            response["Content-Disposition"], 'attachment; filename="logos-Set-Cookie-a-b.csv"'
        )

    def test_no_cell_is_a_formula(self):
        cells = ("=1+1", "+1", "-1", "@SUM(1)", "\t=1", "plain", -1.5, None)
        response = Table("logos", ("a",), [(cell,) for cell in cells]).respond("csv")
        lines = response.content.decode().replace('"', "").splitlines()[1:]
        self.assertEqual(lines, ["'=1+1", "'+1", "'-1", "'@SUM(1)", "'\t=1", "plain", "-1.5", ""])
        self.assertEqual([harmless(cell) for cell in (0, "a=1")], [0, "a=1"])
