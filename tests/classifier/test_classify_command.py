import io
import json

from django.core.management import CommandError, call_command
from django.test import TestCase

from tests.support.serving import ServingCase, image_bytes
from tests.support.versions import make_version_folder


class ClassifyCommandTestCase(ServingCase, TestCase):
    def setUp(self):
        super().setUp()
        make_version_folder(self.bundled, "shipped")
        self.red = self.root / "red.png"
        self.red.write_bytes(image_bytes("red"))

    def run_command(self, *arguments):
        """Return the lines that were printed and the exit code."""
        out, code = io.StringIO(), 0
        try:
            call_command("classify", *map(str, arguments), stdout=out, stderr=io.StringIO())
        except SystemExit as end:
            code = end.code
        return out.getvalue().splitlines(), code

    def test_it_prints_one_line_per_image_with_the_bundled_version(self):
        lines, code = self.run_command(self.red)
        self.assertEqual(code, 0)
        self.assertEqual(len(lines), 1)
        self.assertIn("red.png: simple (", lines[0])
        self.assertIn("shipped", lines[0])

    def test_json_lines_have_the_fields_of_the_api(self):
        lines, _ = self.run_command(self.red, "--json")
        answer = json.loads(lines[0])
        self.assertEqual(answer.pop("path"), str(self.red))
        with self.red.open("rb") as file:
            api = self.client.post("/api/v1/classify/", {"image": file}).json()
        stored = {"id", "cached"}  # what a server adds
        self.assertEqual(set(answer), set(api) - stored)
        self.assertEqual(answer["probabilities"], api["probabilities"])

    def test_a_bad_file_does_not_stop_the_rest(self):
        text = self.root / "notes.png"
        text.write_text("no image")
        lines, code = self.run_command(text, self.root / "gone.png", self.red, "--json")
        answers = [json.loads(line) for line in lines]
        self.assertEqual(code, 1)
        self.assertEqual(
            [set(answer) == {"path", "error"} for answer in answers], [True, True, False]
        )
        self.assertIn("No such file", answers[1]["error"])

    def test_a_folder_stands_for_the_images_in_it(self):
        inner = self.root / "logos" / "inner"
        inner.mkdir(parents=True)
        (inner / "b.PNG").write_bytes(image_bytes("blue"))
        (inner.parent / "a.jpg").write_bytes(image_bytes("green", file_format="JPEG"))
        (inner / "readme.txt").write_text("no image")
        lines, code = self.run_command(inner.parent)
        self.assertEqual(code, 0)
        self.assertEqual([line.split("/")[-1].split(":")[0] for line in lines], ["a.jpg", "b.PNG"])

    def test_without_any_model_the_rules_answer(self):
        (self.bundled / "shipped" / "manifest.json").unlink()
        lines, code = self.run_command(self.red)
        self.assertEqual(code, 0)
        self.assertIn("rules", lines[0])
        with self.assertRaisesMessage(CommandError, "No model"):
            self.run_command(self.red, "--method", "neural")
