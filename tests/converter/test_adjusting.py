"""Changing a preset: on the page, over the API, for batches and on the command line."""

import io
import tempfile
from io import StringIO
from pathlib import Path
from unittest import mock

from django.core.management import CommandError, call_command
from django.test import Client, TestCase, override_settings
from django.utils.html import escape
from PIL import Image

from converter.adjusting.palette import colours_in
from converter.intake import convert_item
from converter.models import Batch, Conversion
from converter.outputs.png import write_png
from tests.converter.classifier import classifier_says
from tests.converter.images import encoded, logo
from tests.converter.test_batches import BatchTestCase, upload

JSON = {"accept": "application/json"}


def opaque():
    return upload(encoded(logo(transparent=False).convert("RGB")), "mark.png")


def corner(svg):
    """The pixel at the top left."""
    return Image.open(io.BytesIO(write_png(svg, 64))).convert("RGBA").getpixel((1, 1))


# The first drawing of a process may have to wait for its tracer.
@override_settings(CONVERTER_INLINE_SECONDS=120)
class PageTests(TestCase):
    def setUp(self):
        with classifier_says("simple"):
            self.client.post("/", {"image": opaque()})
        self.found = Conversion.objects.get()
        self.path = f"/conversions/{self.found.pk}/"

    def adjust(self, **values):
        response = self.client.post(f"{self.path}adjust/", values, headers=JSON)
        self.found.refresh_from_db()
        return response

    def test_the_controls_start_from_the_preset(self):
        page = self.client.get(self.path)
        for option in page.context["controls"]["options"]:
            self.assertEqual(option["value"], option["start"])
            self.assertContains(page, escape(option["about"]))

    def test_the_ground_is_taken_away_and_stored_so(self):
        self.assertEqual(corner(self.found.read_svg())[3], 255)
        before = self.found.fidelity
        answer = self.adjust(ground="transparent").json()
        self.assertEqual(corner(answer["svg"])[3], 0)
        self.assertEqual(self.found.read_svg(), answer["svg"])
        self.assertEqual(self.found.adjustments, {"ground": "transparent"})
        self.assertEqual(answer["figures"]["fidelity"], self.found.fidelity_percent)
        self.assertAlmostEqual(self.found.fidelity, before, delta=0.15)

    def test_the_ground_takes_a_colour(self):
        self.assertEqual(corner(self.adjust(ground="#123456").json()["svg"])[:3], (18, 52, 86))

    def test_colours_are_limited(self):
        self.assertEqual(len(colours_in(self.found.read_svg())), 3)
        answer = self.adjust(colours="2").json()
        self.assertEqual(len(colours_in(answer["svg"])), 2)
        self.assertEqual([round(sum(s["share"] for s in answer["swatches"]), 6)], [1])

    def test_a_colour_is_replaced_without_a_new_trace(self):
        red = next(c for c in colours_in(self.found.read_svg()) if c.startswith("#d"))
        with mock.patch("converter.intake.convert_logo") as trace:
            answer = self.adjust(recolour=f"{red}:#00aa00").json()
            self.adjust(recolour=f"{red}:#00aa00,#00aa00:#008800")
        trace.assert_not_called()
        self.assertIn("#00aa00", colours_in(answer["svg"]))
        self.assertIn("#008800", colours_in(self.found.read_svg()))
        self.assertEqual(self.adjust().json()["adjustments"], {})
        self.assertIn(red, colours_in(self.found.read_svg()))

    def test_colours_snap_to_those_of_a_brand(self):
        answer = self.adjust(palette="#c8102e #012169 #fefefe").json()
        self.assertEqual(set(colours_in(answer["svg"])), {"#c8102e", "#012169", "#fefefe"})

    def test_values_of_the_preset_are_no_adjustments(self):
        start = {
            o["name"]: o["start"] for o in self.client.get(self.path).context["controls"]["options"]
        }
        self.assertEqual(self.adjust(**start).json()["adjustments"], {})

    def test_what_is_wrong_is_told_and_changes_nothing(self):
        before = self.found.read_svg()
        for values, words in (
            ({"colours": "1"}, "colours is 1; it must be from 2 to 64"),
            ({"smoothing": "x"}, "smoothing must be a number from 0.3 to 3"),
            ({"ground": "nonsense"}, "give keep"),
            ({"palette": "red"}, "no colour"),
            ({"recolour": "#fff"}, "no change"),
        ):
            with self.subTest(values):
                response = self.adjust(**values)
                self.assertEqual(response.status_code, 422)
                self.assertIn(words, " ".join(response.json()["faults"]))
        self.assertEqual(self.found.read_svg(), before)

    def test_without_scripts_the_form_leads_back_to_the_page(self):
        values = {"ground": "transparent"}
        page = self.client.post(f"{self.path}adjust/", values, follow=True)
        self.assertRedirects(page, self.path)
        page = self.client.post(f"{self.path}adjust/", {"colours": "1"}, follow=True)
        self.assertContains(page, "must be from 2 to 64")

    @override_settings(ADJUSTING_ANONYMOUS_RATE="2/hour")
    def test_it_has_a_limit_of_its_own(self):
        statuses = [self.adjust(ground="transparent").status_code for _ in range(3)]
        self.assertEqual(statuses, [200, 200, 429])

    def test_others_cannot_adjust_it(self):
        self.assertEqual(Client().post(f"{self.path}adjust/").status_code, 404)

    def test_an_upload_takes_the_adjustments_of_the_address(self):
        page = self.client.get("/?ground=transparent&colours=4")
        self.assertContains(page, "Background <b>Remove around the logo</b>")
        with classifier_says("simple"):
            self.client.post("/?ground=transparent", {"image": opaque()})
        self.assertEqual(corner(Conversion.objects.first().read_svg())[3], 0)
        self.assertEqual(self.client.get("/?colours=nonsense").status_code, 200)

    def test_tracing_as_another_type_starts_from_its_own_values(self):
        self.adjust(ground="transparent")
        self.client.post(f"{self.path}retrace/", {"preset": "complex"})
        self.found.refresh_from_db()
        self.assertEqual(self.found.adjustments, {})

    def test_it_says_when_another_preset_draws_the_same(self):
        with mock.patch("converter.pages.conversions.drawing_alike", return_value={"text"}):
            page = self.client.get(self.path)
        self.assertContains(page, "text (draws the same)", count=2)
        page = self.client.post(f"{self.path}retrace/", {"preset": "complex"}, follow=True)
        self.found.refresh_from_db()
        self.assertContains(page, "complex draws this logo just as simple did")


@override_settings(CONVERTER_INLINE_SECONDS=120)
class ApiTests(TestCase):
    def post(self, **values):
        with classifier_says("simple"):
            return self.client.post("/api/v1/conversions/", {"image": opaque(), **values})

    def test_it_takes_the_same_options(self):
        answer = self.post(ground="transparent", colours=4, shapes="false").json()
        adjustments = {"ground": "transparent", "colours": 4, "shapes": False}
        self.assertEqual(answer["adjustments"], adjustments)
        self.assertEqual(corner(Conversion.objects.get().read_svg())[3], 0)

    def test_what_is_wrong_is_told_by_field(self):
        for values in ({"colours": 1}, {"detail": 101}, {"ground": "x"}, {"palette": "red"}):
            with self.subTest(values):
                response = self.post(**values)
                self.assertEqual(response.status_code, 400)
                self.assertEqual(list(response.json()["errors"]), list(values))

    def test_a_preset_without_such_options_refuses_them(self):
        response = self.post(preset="plain", speckles=3)
        self.assertEqual(response.status_code, 400)
        self.assertIn("The preset plain has no speckles", response.json()["errors"]["speckles"][0])

    def test_the_schema_tells_ranges_and_defaults(self):
        schema = self.client.get("/api/schema/", headers=JSON).json()["components"]["schemas"]
        for name in ("ConversionRequestRequest", "BatchRequestRequest"):
            fields = schema[name]["properties"]
            self.assertEqual((fields["colours"]["minimum"], fields["colours"]["maximum"]), (2, 64))
            self.assertIn("flat colours", fields["colours"]["description"])
            self.assertEqual(fields["ground"]["default"], "keep")
            self.assertIn("as the preset says", fields["shapes"]["description"])


class BatchTests(BatchTestCase):
    def test_each_logo_of_a_batch_is_adjusted(self):
        self.order(opaque(), opaque(), send=convert_item, ground="transparent")
        for found in Conversion.objects.all():
            self.assertEqual(corner(found.read_svg())[3], 0)
        self.assertEqual(self.get()["adjustments"], {"ground": "transparent"})

    def test_the_chosen_are_traced_again_with_other_settings(self):
        self.order(opaque(), opaque(), send=convert_item)
        path = f"/batches/{Batch.objects.get().pk}/change/"
        values = {"chosen": ["1"], "preset": "simple", "ground": "#000000", "colours": ""}
        with self.queue(convert_item):
            self.client.post(path, values)
        first, second = (item.conversion.read_svg() for item in Batch.objects.get().items.all())
        self.assertEqual((corner(first)[:3], corner(second)[:3]), ((255,) * 3, (0,) * 3))
        page = self.client.post(path, values | {"colours": "1"}, follow=True)
        self.assertContains(page, "must be from 2 to 64")


class CommandTests(TestCase):
    def test_it_takes_the_same_options(self):
        with tempfile.TemporaryDirectory() as folder:
            source, target = Path(folder) / "a.png", Path(folder) / "a.svg"
            source.write_bytes(encoded(logo(transparent=False)))
            arguments = ["convert", str(source), "-o", str(target), "--jobs", "1"]
            options = ["--colours", "4", "--ground", "transparent", "--no-gradients"]
            with classifier_says("simple"):
                call_command(*arguments, *options, stdout=StringIO())
            self.assertEqual(corner(target.read_text())[3], 0)
            with self.assertRaisesMessage(CommandError, "colours is 1"):
                call_command(*arguments, "--colours", "1")
            with self.assertRaisesMessage(CommandError, "The preset plain has no colours"):
                call_command(*arguments, "--colours", "4", "--preset", "plain")
