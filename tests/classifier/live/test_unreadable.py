from django.test import TestCase

from tests.support.serving import ServingCase, image_bytes


class UnreadableModelTests(ServingCase, TestCase):
    """A directory in the place of a file cannot be read by anybody, root included."""

    def setUp(self):
        super().setUp()
        self.client.raise_request_exception = False

    def answer(self):
        from django.core.files.uploadedfile import SimpleUploadedFile

        upload = SimpleUploadedFile("logo.png", image_bytes())
        return self.client.post("/api/v1/classify/", {"image": upload})

    def test_the_rules_answer_for_a_model_that_cannot_be_read(self):
        for name in ("model.onnx", "manifest.json"):
            with self.subTest(name):
                version = self.serve(f"tiny-{name[0]}{name[1]}")
                path = version.folder / name
                path.unlink()
                path.mkdir()
                response = self.answer()
                self.assertEqual(response.status_code, 200, response.content)
                self.assertEqual(response.json()["method"], "rules")
                problem = self.client.get("/api/v1/health/").json()["problem"]
                self.assertIn("cannot be read", problem)
