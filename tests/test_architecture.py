"""The rules of the house that an import could break."""

import ast
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from django.test import SimpleTestCase

ROOT = Path(__file__).resolve().parent.parent
_PICKLE = re.compile(
    r"\bimport (?:pickle|joblib|dill|cloudpickle|shelve)\b|\bfrom (?:pickle|joblib|dill) "
    r"|torch\.load\(|allow_pickle\s*=\s*True|\bpickle\.loads?\("
)


def modules_named_in(path, package):
    """Return the modules that a file imports, also those named in calls of import functions."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(), str(path))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            names.add(module)
            names.update(f"{module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call):
            function = ast.unparse(node.func).split(".")[-1]
            if function in ("import_module", "__import__", "import_string", "find_spec"):
                names.update(
                    argument.value
                    for argument in node.args
                    if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
                )
    return names


def imports_of(folder, forbidden):
    """Return "file: module" for each import below a folder whose top name is forbidden."""
    found = []
    for path in sorted((ROOT / folder).rglob("*.py")):
        package = list(path.relative_to(ROOT).parent.parts)
        found += [
            f"{path.relative_to(ROOT)}: {name}"
            for name in sorted(modules_named_in(path, package))
            if any(name == bad or name.startswith(f"{bad}.") for bad in forbidden)
        ]
    return found


def run_python(code, cwd=ROOT, **environment):
    """Run code in a fresh interpreter with a bare environment and a data folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        return subprocess.run(
            [sys.executable, "-c", code],
            cwd=cwd,
            env=kept | {"VAR_DIR": folder} | environment,
            capture_output=True,
            text=True,
            timeout=120,
        )


class ImportTests(SimpleTestCase):
    def test_the_scan_sees_every_way_to_import(self):
        code = (
            "import a.b\nfrom c import d\nfrom . import e\nfrom ..f import g\n"
            "importlib.import_module('h.i')\n__import__('j')\n"
        )
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "module.py"
            path.write_text(code)
            names = modules_named_in(path, ["host", "room"])
        self.assertLessEqual({"a.b", "c.d", "host.room.e", "host.f.g", "h.i", "j"}, names)

    def test_converter_imports_nothing_of_classifier_but_its_client_and_the_reading_of_images(self):
        """The client speaks HTTP and knows nothing of the rest; neither does the reader."""
        found = imports_of("converter", ["classifier"])
        allowed = (": classifier.client", ": classifier.images")
        self.assertEqual([name for name in found if not any(way in name for way in allowed)], [])

    def test_the_reading_of_images_is_pure(self):
        found = imports_of("classifier/images", ["classifier", "django", "celery", "converter"])
        self.assertEqual([name for name in found if ": classifier.images" not in name], [])

    def test_the_client_loads_nothing_but_httpx(self):
        code = (
            "import sys, httpx\n"
            "before = set(sys.modules)\n"
            "import classifier.client\n"
            "foreign = {name.partition('.')[0] for name in set(sys.modules) - before}\n"
            "print(sorted(foreign - set(sys.stdlib_module_names)))\n"
        )
        result = run_python(code)
        self.assertEqual((result.stdout.strip(), result.returncode), ("['classifier']", 0))

    def test_classifier_imports_nothing_of_converter(self):
        self.assertEqual(imports_of("classifier", ["converter"]), [])

    def test_inference_imports_neither_training_libraries_nor_django(self):
        forbidden = ["torch", "torchvision", "sklearn", "django", "classifier.models"]
        self.assertEqual(imports_of("classifier/inference", forbidden), [])

    def test_training_and_evaluation_import_neither_orm_nor_http_nor_celery(self):
        forbidden = [
            "django",
            "rest_framework",
            "celery",
            "classifier.models",
            "classifier.runs",
        ]
        for folder in ("classifier/training", "classifier/evaluation"):
            self.assertEqual(imports_of(folder, forbidden), [])

    def test_inference_loads_neither_torch_nor_scikit_learn_nor_django(self):
        code = (
            "import importlib, pkgutil, sys, classifier.inference as package\n"
            "for module in pkgutil.walk_packages(package.__path__, package.__name__ + '.'):\n"
            "    importlib.import_module(module.name)\n"
            "print([m for m in ('torch', 'sklearn', 'django') if m in sys.modules])\n"
        )
        result = run_python(code)
        self.assertEqual((result.stdout.strip(), result.returncode), ("[]", 0), result.stderr)


class ProcessTests(SimpleTestCase):
    def test_the_web_process_never_loads_torch(self):
        """Neither at start nor after a page, a classification or a conversion."""
        code = (
            "import io, sys\n"
            "from converter.wsgi import application\n"
            "from django.core.management import call_command\n"
            "call_command('migrate', verbosity=0)\n"
            "from django.test import Client\n"
            "from django.core.files.uploadedfile import SimpleUploadedFile\n"
            "from PIL import Image\n"
            "buffer = io.BytesIO()\n"
            "Image.new('RGB', (64, 64), 'red').save(buffer, 'PNG')\n"
            "client = Client(SERVER_NAME='localhost')\n"
            "upload = SimpleUploadedFile('logo.png', buffer.getvalue())\n"
            "print(client.get('/').status_code)\n"
            "print(client.post('/api/v1/classify/', {'image': upload}).status_code)\n"
            "print([m for m in ('torch', 'sklearn') if m in sys.modules])\n"
        )
        result = run_python(code, DJANGO_SETTINGS_MODULE="converter.settings")
        self.assertEqual(result.returncode, 0, result.stderr)
        page, classified, loaded = result.stdout.split("\n")[:3]
        self.assertEqual(page, "200")
        self.assertIn(classified, ("200", "503"))  # 503 where no model is bundled
        self.assertEqual(loaded, "[]")

    def test_settings_work_without_any_environment(self):
        # In a copy, since the data folder is then var/ beside the code.
        with tempfile.TemporaryDirectory() as folder:
            shutil.copytree(ROOT / "converter", Path(folder) / "converter")
            (Path(folder) / "classifier").symlink_to(ROOT / "classifier")
            result = run_python("import converter.settings", cwd=folder, VAR_DIR="")
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertTrue((Path(folder) / "var" / "secret_key").is_file())

    def test_production_refuses_to_start_without_a_secret_key(self):
        result = run_python("import converter.settings", PRODUCTION="1")
        self.assertNotEqual(result.returncode, 0)
        self.assertIn("SECRET_KEY must be set", result.stderr)


class PickleTests(SimpleTestCase):
    def test_nothing_unpickles(self):
        found = [
            f"{path.relative_to(ROOT)}:{number}"
            for folder in ("classifier", "converter")
            for path in sorted((ROOT / folder).rglob("*.py"))
            for number, line in enumerate(path.read_text().splitlines(), 1)
            if _PICKLE.search(line)
        ]
        self.assertEqual(found, [])
