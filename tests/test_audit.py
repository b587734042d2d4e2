import json
import os
import subprocess
import tempfile
from pathlib import Path

from django.test import SimpleTestCase

from tests.test_architecture import ROOT


class BillOfMaterialsTests(SimpleTestCase):
    def test_it_names_every_pinned_package_with_its_version(self):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(
                [ROOT / ".venv/bin/cyclonedx-py", "requirements", ROOT / "requirements.txt",
                 "--output-format", "JSON", "--output-file", Path(folder) / "sbom.json"],
                check=True, capture_output=True, env=os.environ,
            )  # fmt: skip
            bill = json.loads((Path(folder) / "sbom.json").read_text())
        self.assertEqual(bill["bomFormat"], "CycloneDX")
        named = {f"{part['name'].lower()}=={part['version']}" for part in bill["components"]}
        lines = (ROOT / "requirements.txt").read_text().splitlines()
        pinned = {line.split()[0].lower() for line in lines if "==" in line and line[0].isalnum()}
        self.assertLessEqual(pinned, named)
