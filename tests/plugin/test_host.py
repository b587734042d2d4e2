import inspect
import io
import re
import zipfile

import httpx
from django.test import SimpleTestCase
from PIL import Image, ImageDraw

from tests.plugin.host import ROOT, Host, free_port, run, wait_for
from tests.support.hiding import hide_all_but

_MEGABYTES = 12


def logo():
    """Return a drawn mark as the bytes of a PNG."""
    image = Image.new("RGB", (160, 160), "white")
    ImageDraw.Draw(image).ellipse((30, 30, 130, 130), fill="crimson")
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def readme_lines():
    """Return the lines by which README adds the plug-in to a project."""
    text = (ROOT / "README.md").read_text().split("## The classifier in a project of your own")[1]
    return re.search(r"```python\n(.*?)```", text, re.DOTALL).group(1).splitlines()


class HostTests(SimpleTestCase):
    """A foreign project installs the wheel and uses all of it, by its own settings."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.host = Host()
        cls.addClassCleanup(cls.host.close)
        cls.host.manage("migrate", "--verbosity", "0")

    def test_the_wheel_is_small_and_whole(self):
        self.assertLess(self.host.wheel.stat().st_size, _MEGABYTES * 2**20)
        with zipfile.ZipFile(self.host.wheel) as wheel:
            names = wheel.namelist()
        for part in (
            "classifier/templates/classifier/base.html",
            "classifier/static/classifier/dashboard.js",
            "classifier/migrations/0001_initial.py",
            "classifier/bundled/default.txt",
            "classifier/inference/rules.json",
        ):
            self.assertIn(part, names)
        self.assertTrue(any(name.endswith(".onnx") for name in names))
        self.assertFalse(any(name.startswith(("converter", "tests")) for name in names))

    def test_it_uses_the_installed_plug_in(self):
        code = "import classifier; print(classifier.__file__)"
        where = self.host.manage("shell", "--verbosity", "0", "--command", code)
        self.assertIn(str(self.host.folder / "venv"), where)

    def test_its_checks_find_nothing(self):
        self.assertIn("no issues", self.host.manage("check"))

    def test_it_starts_with_nothing_but_what_it_asks_for(self):
        """Its extras are hidden, and so is all that this machine has installed besides."""
        code = inspect.getsource(hide_all_but) + (
            "import sys\n"
            "hide_all_but(['logo-classifier'])\n"
            "assert sys.modules['torch'] is None and sys.modules['unfold'] is None\n"
            "from django.core.management import execute_from_command_line\n"
            "execute_from_command_line(['manage.py', 'check'])\n"
        )
        done = run([self.host.python, "-c", code], self.host.project, **self.host.environment())
        self.assertIn("no issues", done)

    def test_it_classifies_trains_and_shows(self):
        host, port = self.host, free_port()
        host.manage("build_dataset", "--name", "drawn", "--synthetic", "12")
        host.manage(
            "createsuperuser", "--no-input", "--username", "boss", "--email", "",
            DJANGO_SUPERUSER_PASSWORD="let-me-in-4711",
        )  # fmt: skip
        worker = ("celery", "-A", "shop", "worker", "-P", "solo", "-Q", "short,training")
        with (
            host.process("django", "runserver", "--noreload", f"127.0.0.1:{port}"),
            host.process(*worker),
            httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client,
        ):
            try:
                self.use(client)
            except AssertionError as error:
                raise AssertionError(f"{error}\n{host.logs()}") from error

    def test_the_lines_of_the_readme_add_it_to_a_fresh_project(self):
        fresh = self.fresh_project()
        for line in readme_lines():
            code, place = line.split("  # ")
            with (fresh / place).open("a") as file:
                file.write(f"{code}\n")
        self.assertIn("no issues", self.manage(fresh, "check", "--fail-level", "WARNING"))
        self.manage(fresh, "migrate", "--verbosity", "0")
        (fresh / "logo.png").write_bytes(logo())
        self.assertIn("simple", self.manage(fresh, "classify", str(fresh / "logo.png")))
        code = (
            "from corner.celery import app; from django.urls import reverse;"
            "print(reverse('dashboard:overview'), *sorted(app.conf.beat_schedule))"
        )
        found = self.manage(fresh, "shell", "--verbosity", "0", "--command", code)
        self.assertIn("/logos/dashboard/", found)
        self.assertIn("classifier-mark-lost-work", found)

    def fresh_project(self):
        """Return the package of a project as Django's own command makes it, with a Celery."""
        folder = self.host.folder / "fresh"
        folder.mkdir()
        command = [self.host.python, "-m", "django", "startproject", "corner", str(folder)]
        run(command, folder)
        package = folder / "corner"
        (package / "__init__.py").write_text("from corner.celery import app as app\n")
        (package / "celery.py").write_text(
            "import celery\n\nimport classifier\n\n"
            "app = celery.Celery('corner', broker='memory://')\n"
        )
        urls = (package / "urls.py").read_text()
        (package / "urls.py").write_text(urls.replace("import path", "import include, path"))
        return package

    def manage(self, package, *arguments):
        """Run a management command of a project; return what it printed."""
        settings = {"DJANGO_SETTINGS_MODULE": "corner.settings"}
        return run([self.host.python, "manage.py", *arguments], package.parent, **settings)

    def use(self, client):
        wait_for(lambda: self.reached(client), "The server's start")
        answer = client.post("/logos/api/v1/classify/", files={"image": ("a.png", logo())})
        self.assertEqual(answer.status_code, 200, answer.text)
        self.assertEqual(answer.json()["logo_type"], "simple")
        refused = client.post("/logos/api/v1/classify/", files={"image": ("a.png", b"no")})
        self.assertEqual(refused.headers["content-type"], "application/problem+json")
        self.sign_in(client)
        self.train(client)
        self.look(client)

    def reached(self, client):
        try:
            return client.get("/logos/api/v1/health/").status_code == 200
        except httpx.TransportError:
            return False

    def sign_in(self, client):
        client.get("/admin/login/")
        client.post(
            "/admin/login/",
            data={
                "username": "boss",
                "password": "let-me-in-4711",
                "csrfmiddlewaretoken": client.cookies["csrftoken"],
            },
        )

    def train(self, client):
        config = {"input_size": 32, "head_epochs": 1, "top_epochs": 0, "full_epochs": 0}
        (dataset,) = client.get("/logos/api/v1/datasets/").json()["results"]
        order = {"dataset": dataset["id"], "config": {**config, "head": "simple", "batch_size": 8}}
        headers = {"X-CSRFToken": client.cookies["csrftoken"]}
        started = client.post("/logos/api/v1/runs/", json=order, headers=headers)
        self.assertEqual(started.status_code, 201, started.text)
        address = f"/logos/api/v1/runs/{started.json()['id']}/"

        def ended():
            run = client.get(address).json()
            return run if run["status"] not in ("queued", "running") else None

        run = wait_for(ended, "The end of the training")
        self.assertEqual(run["status"], "succeeded", run)

    def look(self, client):
        for page in ("", "runs/", "versions/", "datasets/", "work/"):
            shown = client.get(f"/logos/dashboard/{page}")
            self.assertEqual(shown.status_code, 200, page)
            self.assertIn("The shop", shown.text)  # the host's own frame
        self.assertIn("drawn", client.get("/logos/dashboard/datasets/").text)
        for model in ("trainingrun", "dataset", "modelversion", "study", "apitoken"):
            self.assertEqual(client.get(f"/admin/classifier/{model}/").status_code, 200, model)
        form = client.get("/admin/classifier/trainingrun/add/")
        self.assertEqual(form.status_code, 200)
        self.assertIn("learning_rate", form.text)
        confirm = client.get("/admin/classifier/trainingrun/1/cancel/")
        self.assertIn("Cancel this run?", confirm.text)
