import io
import struct
import zlib

from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import TestCase, override_settings
from PIL import Image

from classifier.logo_types import CLASS_NAMES
from classifier.models import LivePrediction
from tests.support.serving import ServingCase, image_bytes
from tests.support.versions import make_graph

URL = "/api/v1/classify/"


def bomb(width, height):
    """Return a PNG whose header claims a size that its content does not have."""

    def chunk(kind, data):
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


class ClassifyCase(ServingCase, TestCase):
    def post(self, content, name="logo.png"):
        return self.client.post(URL, {"image": SimpleUploadedFile(name, content)})


class ClassifyTestCase(ClassifyCase):
    def setUp(self):
        super().setUp()
        self.serve()

    def test_it_answers_with_type_confidence_and_probabilities(self):
        response = self.post(image_bytes("red"))
        self.assertEqual(response.status_code, 200)
        answer = response.json()
        self.assertEqual(answer["logo_type"], "simple")
        self.assertEqual(list(answer["probabilities"]), list(CLASS_NAMES))
        self.assertAlmostEqual(sum(answer["probabilities"].values()), 1, places=3)
        self.assertEqual(answer["confidence"], answer["probabilities"]["simple"])
        self.assertEqual((answer["method"], answer["model_version"]), ("neural", "tiny"))
        self.assertGreater(answer["milliseconds"], 0)

    def test_it_tells_what_does_not_look_like_a_logo_and_records_it(self):
        self.assertIsNone(self.post(image_bytes("black")).json()["familiar"])
        self.serve("knowing", graph=make_graph(strangers=True))
        for colour, familiar in (("black", False), ("red", True)):
            answer = self.post(image_bytes(colour)).json()
            self.assertIs(answer["familiar"], familiar)
            self.assertIs(LivePrediction.objects.get(pk=answer["id"]).familiar, familiar)

    def test_it_reads_every_format_whatever_the_name_says(self):
        for file_format in ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF"):
            with self.subTest(file_format):
                response = self.post(image_bytes("blue", file_format=file_format), "logo.txt")
                self.assertEqual(response.status_code, 200, response.content)
                self.assertEqual(response.json()["logo_type"], "gradient")

    def test_it_reads_odd_but_valid_images(self):
        frames = [Image.new("P", (9, 9)), Image.new("P", (9, 9), 3)]
        animated = io.BytesIO()
        frames[0].save(animated, "GIF", save_all=True, append_images=frames[1:])
        odd = {
            "one pixel": image_bytes(size=(1, 1)),
            "one line": image_bytes(size=(20_000, 1)),
            "animated": animated.getvalue(),
            "CMYK": image_bytes((0, 99, 99, 0), file_format="JPEG", mode="CMYK"),
            "16 bit": image_bytes(40_000, mode="I;16"),
            "float": image_bytes(0.5, file_format="TIFF", mode="F"),
            "invisible": image_bytes((0, 0, 0, 0), mode="RGBA"),
            "gray and alpha": image_bytes((9, 99), mode="LA"),
            "black and white": image_bytes(1, mode="1"),
        }
        for name, content in odd.items():
            with self.subTest(name):
                response = self.post(content)
                self.assertEqual(response.status_code, 200, response.content)

    def test_it_refuses_what_is_no_image(self):
        photo = io.BytesIO()
        Image.effect_noise((300, 300), 90).save(photo, "JPEG")
        hostile = {
            "empty": b"",
            "text": b"hello",
            "svg": b'<svg xmlns="http://www.w3.org/2000/svg"/>',
            "half a png": image_bytes()[:60],
            "half a jpeg": photo.getvalue()[:9000],
            "signature only": b"\x89PNG\r\n\x1a\n",
            "html": b"<html>",
            "zip": b"PK\x03\x04" + bytes(100),
            "no pixels": bomb(0, 0),
            "header lies": bomb(100, 100),
            "tiff loop": b"II*\x00\x08\x00\x00\x00\x00\x00\x08\x00\x00\x00",
        }
        for name, content in hostile.items():
            with self.subTest(name):
                response = self.post(content)
                self.assertEqual(response.status_code, 400, response.content)
                self.assertEqual(list(response.json()["errors"]), ["image"])

    def test_damage_anywhere_in_a_file_is_never_a_server_error(self):
        for file_format in ("PNG", "JPEG", "WEBP", "GIF", "TIFF", "BMP"):
            content = image_bytes(file_format=file_format)
            for position in range(0, len(content), max(1, len(content) // 25)):
                damaged = bytearray(content)
                damaged[position] ^= 0xFF
                response = self.post(bytes(damaged))
                self.assertIn(response.status_code, (200, 400, 413), (file_format, position))

    def test_it_refuses_bombs_by_their_header(self):
        for size in ((60_000, 60_000), (2**31 - 1, 2**31 - 1), (9_000, 9_000), (12_000, 10_000)):
            with self.subTest(size):
                response = self.post(bomb(*size))
                self.assertEqual(response.status_code, 413)
                self.assertIn("pixels", response.json()["detail"])

    @override_settings(CLASSIFIER_MAX_UPLOAD_BYTES=1000)
    def test_it_refuses_a_large_file(self):
        for size in (1_001, 100_000):
            with self.subTest(size):
                response = self.post(image_bytes() + bytes(size))
                self.assertEqual(response.status_code, 413)
                self.assertIn("larger than", response.json()["detail"])

    def test_it_wants_a_file_in_the_field_image(self):
        for form in ({}, {"image": "text"}, {"picture": SimpleUploadedFile("a", b"b")}):
            with self.subTest(form):
                response = self.client.post(URL, form)
                self.assertEqual(response.status_code, 400)
                self.assertIn("image", response.json()["errors"])

    def test_it_refuses_other_content_types(self):
        response = self.client.post(URL, {"image": "x"}, content_type="application/json")
        self.assertEqual(response.status_code, 415)

    def test_it_refuses_broken_forms(self):
        broken = {
            "multipart/form-data": b"x",
            "multipart/form-data; boundary=": b"x",
            "multipart/form-data; boundary=a": b"--a\r\nnonsense",
            "multipart/form-data; boundary=a; charset=nonsense": b"--a--",
            "multipart/form-data; boundary=\xff": b"--a--",
        }
        for content_type, body in broken.items():
            with self.subTest(content_type):
                response = self.client.generic("POST", URL, body, content_type=content_type)
                self.assertEqual(response.status_code, 400, response.content)

    def test_too_many_fields_are_refused_in_the_same_form(self):
        response = self.client.post(URL, {f"field{number}": "x" for number in range(1_500)})
        self.assertEqual(response.status_code, 400)
        self.assertIn("detail", response.json())

    def test_only_post_is_allowed(self):
        self.assertEqual(self.client.get(URL).status_code, 405)

    @override_settings(CLASSIFIER_ANONYMOUS_RATE="2/min")
    def test_strangers_are_limited_and_this_process_is_not(self):
        cache.clear()
        self.addCleanup(cache.clear)
        codes = [self.post(image_bytes()).status_code for _ in range(3)]
        self.assertEqual(codes, [200, 200, 429])
        self.client.defaults["REMOTE_ADDR"] = "in-process"
        self.assertEqual(self.post(image_bytes()).status_code, 200)


class MethodTestCase(ClassifyCase):
    def ask(self, **form):
        image = SimpleUploadedFile("logo.png", image_bytes())
        return self.client.post(URL, {"image": image, **form})

    def test_without_a_model_the_rules_answer_and_say_so(self):
        response = self.ask()
        self.assertEqual(response.status_code, 200)
        answer = response.json()
        self.assertEqual((answer["method"], answer["model_version"]), ("rules", ""))
        self.assertIn(answer["logo_type"], answer["reason"])

    def test_without_a_model_the_neural_method_is_unavailable(self):
        response = self.ask(method="neural")
        self.assertEqual(response.status_code, 503)
        self.assertIn("No model", response.json()["detail"])

    def test_the_method_can_be_chosen(self):
        self.serve()
        self.assertEqual(self.ask(method="rules").json()["method"], "rules")
        self.assertEqual(self.ask(method="neural").json()["method"], "neural")
        self.assertEqual(self.ask(time_budget_ms=0).json()["method"], "rules")

    def test_wrong_parameters_are_named(self):
        for name, value in (("method", "magic"), ("time_budget_ms", "-1")):
            response = self.ask(**{name: value})
            self.assertEqual(response.status_code, 400)
            self.assertEqual(list(response.json()["errors"]), [name])


class ManyImagesTestCase(ClassifyCase):
    def setUp(self):
        super().setUp()
        self.serve()

    def post_many(self, *contents, **form):
        images = [
            SimpleUploadedFile(f"{number}.png", content) for number, content in enumerate(contents)
        ]
        return self.client.post(URL, {"images": images, **form})

    def test_it_answers_in_order_with_a_problem_for_each_bad_one(self):
        contents = [image_bytes("red"), b"nonsense", image_bytes("blue"), bomb(60_000, 60_000)]
        response = self.post_many(*contents)
        self.assertEqual(response.status_code, 200, response.content)
        results = response.json()["results"]
        self.assertEqual([r["name"] for r in results], ["0.png", "1.png", "2.png", "3.png"])
        types = [r["answer"] and r["answer"]["logo_type"] for r in results]
        self.assertEqual(types, ["simple", None, "gradient", None])
        statuses = [r["problem"] and r["problem"]["status"] for r in results]
        self.assertEqual(statuses, [None, 400, None, 413])
        self.assertEqual(list(results[1]["problem"]["errors"]), ["image"])

    def test_options_hold_for_each(self):
        results = self.post_many(image_bytes(), image_bytes("blue"), method="rules").json()
        self.assertEqual([r["answer"]["method"] for r in results["results"]], ["rules", "rules"])

    def test_one_is_still_a_list(self):
        self.assertEqual(len(self.post_many(image_bytes()).json()["results"]), 1)

    def test_too_many_or_both_fields_are_refused(self):
        for response in (
            self.post_many(*[b"x"] * 65),
            self.post_many(image_bytes(), image=SimpleUploadedFile("a.png", image_bytes())),
        ):
            self.assertEqual(response.status_code, 400)
            self.assertTrue(response.json()["errors"])

    @override_settings(CLASSIFIER_MAX_IMAGES_BYTES=1000)
    def test_too_much_in_all_is_refused(self):
        response = self.post_many(bytes(600), bytes(600))
        self.assertEqual(response.status_code, 413)
        self.assertIn("in all", response.json()["detail"])

    def test_a_body_is_refused_by_its_length_before_it_is_read(self):
        response = self.client.generic("POST", URL, b"", CONTENT_LENGTH=str(200 * 2**20))
        self.assertEqual(response.status_code, 413)

    @override_settings(CLASSIFIER_ANONYMOUS_RATE="3/min")
    def test_each_image_counts_against_a_strangers_limit(self):
        cache.clear()
        self.addCleanup(cache.clear)
        self.assertEqual(self.post_many(*[image_bytes()] * 3).status_code, 200)
        self.assertEqual(self.post(image_bytes()).status_code, 429)


class CacheTestCase(ClassifyCase):
    def setUp(self):
        super().setUp()
        self.serve()
        cache.clear()
        self.addCleanup(cache.clear)

    def ask(self, content=None, **form):
        image = SimpleUploadedFile("logo.png", content or image_bytes())
        return self.client.post(URL, {"image": image, **form}).json()

    def test_the_same_file_is_answered_from_memory_under_an_id_of_its_own(self):
        first, second = self.ask(), self.ask()
        self.assertEqual((first["cached"], second["cached"]), (False, True))
        self.assertNotEqual(first["id"], second["id"])
        own = dict.fromkeys(("id", "milliseconds", "cached"))  # times may be alike, or not
        self.assertEqual(first | own, second | own)

    def test_another_file_method_or_version_is_answered_anew(self):
        self.ask()
        self.assertFalse(self.ask(image_bytes("blue"))["cached"])
        self.assertFalse(self.ask(method="neural")["cached"])
        self.serve("second")
        answer = self.ask()
        self.assertEqual((answer["cached"], answer["model_version"]), (False, "second"))

    def test_a_hurried_answer_is_not_kept_and_a_kept_one_needs_no_time(self):
        self.assertEqual(self.ask(time_budget_ms=0)["method"], "rules")
        self.assertEqual(self.ask()["method"], "neural")
        self.assertEqual(self.ask(time_budget_ms=0)["method"], "neural")

    @override_settings(CLASSIFIER_CACHE_SECONDS=0)
    def test_it_can_be_turned_off(self):
        self.ask()
        self.assertFalse(self.ask()["cached"])


class ProblemTestCase(ClassifyCase):
    def test_every_refusal_has_one_form(self):
        responses = [
            self.client.post(URL, {}),
            self.client.get(URL),
            self.client.post(URL, "{}", content_type="application/json"),
            self.client.get("/api/v1/versions/"),
            self.client.get("/api/v1/conversions/3f2504e0-4f89-11d3-9a0c-0305e82c3301/"),
            self.client.get("/api/v1/nonsense/"),
        ]
        for response, status in zip(responses, (400, 405, 415, 403, 404, 404), strict=True):
            self.assertEqual(response.status_code, status)
            self.assertEqual(response["Content-Type"], "application/problem+json")
            problem = response.json()
            self.assertEqual(list(problem), ["type", "title", "status", "detail", "errors"])
            self.assertEqual(problem["status"], status)
            self.assertTrue(problem["detail"])
