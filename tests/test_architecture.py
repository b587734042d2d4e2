"""The rules of the house that no linter sees: what processes load, and how files are read."""

import inspect
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from django.test import SimpleTestCase

from tests.support.hiding import hide_all_but

ROOT = Path(__file__).resolve().parent.parent
_PICKLE = re.compile(
    r"\bimport (?:pickle|joblib|dill|cloudpickle|shelve)\b|\bfrom (?:pickle|joblib|dill) "
    r"|torch\.load\(|allow_pickle\s*=\s*True|\bpickle\.loads?\("
)


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
    """The layers themselves are held by lint-imports, with the contracts in pyproject.toml."""

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
    def lines_of(self, code):
        """Return what code prints that runs in this project, in a process of its own."""
        result = run_python(code, DJANGO_SETTINGS_MODULE="converter.settings")
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout.splitlines()

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
        page, classified, loaded = self.lines_of(code)[:3]
        self.assertEqual(page, "200")
        self.assertIn(classified, ("200", "503"))  # 503 where no model is bundled
        self.assertEqual(loaded, "[]")

    def test_a_web_process_needs_nothing_but_what_serving_installs(self):
        """The web image has `requirements-serve.txt` alone; here everything else is hidden."""
        code = inspect.getsource(hide_all_but) + (
            "import re, sys\n"
            "lines = open('requirements-serve.txt').read().splitlines()\n"
            "names = [re.match('[A-Za-z][A-Za-z0-9._-]*', line) for line in lines]\n"
            "hide_all_but([name[0] for name in names if name])\n"
            "assert sys.modules['torch'] is None and sys.modules['imagehash'] is None\n"
            "from converter.wsgi import application\n"
            "from django.contrib.auth.models import User\n"
            "from django.core.management import call_command\n"
            "call_command('migrate', verbosity=0)\n"
            "call_command('check')\n"
            "call_command('register_bundled')\n"
            "from django.test import Client\n"
            "from django.urls import get_resolver, reverse, NoReverseMatch\n"
            "client = Client(SERVER_NAME='localhost')\n"
            "client.force_login(User.objects.create_superuser('boss'))\n"
            "pages = ['/', '/admin/', '/api/schema/', '/admin/classifier/trainingrun/add/',\n"
            "         '/admin/classifier/dataset/add/']\n"
            "dashboard = get_resolver('classifier.dashboard.urls')\n"
            "for name in sorted(key for key in dashboard.reverse_dict if isinstance(key, str)):\n"
            "    try:\n"
            "        pages.append(reverse(f'dashboard:{name}'))\n"
            "    except NoReverseMatch:\n"
            "        continue\n"
            "answers = {page: client.get(page).status_code for page in pages}\n"
            "print(len(answers), {p: s for p, s in answers.items() if s >= 500})\n"
        )
        count, wrong = self.lines_of(code)[-1].split(maxsplit=1)
        self.assertGreater(int(count), 15)
        self.assertEqual(wrong, "{}")

    def test_a_web_worker_leaves_out_libraries_that_it_never_uses(self):
        code = (
            "import runpy, sys\n"
            "runpy.run_path('gunicorn.conf.py')['post_fork'](None, None)\n"
            "from converter.wsgi import application\n"
            "from django.core.management import call_command\n"
            "call_command('migrate', verbosity=0)\n"
            "from django.test import Client\n"
            "client = Client(SERVER_NAME='localhost')\n"
            "for address in ('/', '/admin/login/', '/api/schema/', '/api/v1/versions/'):\n"
            "    print(client.get(address).status_code)\n"
            "print([m for m in ('psycopg', 'requests', 'rich', 'urllib3') if sys.modules.get(m)])\n"
        )
        self.assertEqual(self.lines_of(code)[:5], ["200", "302", "200", "403", "[]"])

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


class SettingsTests(SimpleTestCase):
    def test_the_plug_in_reads_its_settings_in_one_place(self):
        found = [
            str(path.relative_to(ROOT))
            for path in sorted((ROOT / "classifier").rglob("*.py"))
            if "settings.CLASSIFIER_" in path.read_text()
        ]
        self.assertEqual(found, [])

    def test_nothing_of_the_plug_in_imports_its_tasks(self):
        found = [
            str(path.relative_to(ROOT))
            for path in sorted((ROOT / "classifier").rglob("*.py"))
            if re.search(r"import tasks\b|\.tasks import", path.read_text())
        ]
        self.assertEqual(found, [])


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
