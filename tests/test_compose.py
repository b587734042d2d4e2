import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

import yaml
from django.test import SimpleTestCase

from tests.test_architecture import ROOT, run_python


class ComposeTests(SimpleTestCase):
    """What can be told without a Docker engine."""

    def setUp(self):
        self.compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
        self.services = self.compose["services"]

    @unittest.skipUnless(shutil.which("docker-compose"), "docker-compose is not installed")
    def test_compose_itself_takes_it_with_and_without_monitoring(self):
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        for name in ("docker-compose.yml", "deploy", ".env.example"):
            (folder / name).symlink_to(ROOT / name)
        (folder / ".env").write_text((ROOT / ".env.example").read_text())
        for options in ([], ["--profile", "monitoring"]):
            done = subprocess.run(
                ["docker-compose", *options, "config", "--quiet"], cwd=folder, capture_output=True,
                text=True,
            )  # fmt: skip
            self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_every_container_has_little_to_lose(self):
        for name, service in self.services.items():
            with self.subTest(name):
                self.assertEqual(service["cap_drop"], ["ALL"])
                self.assertEqual(service["security_opt"], ["no-new-privileges:true"])
                self.assertTrue(service["read_only"])
                self.assertIn("mem_limit", service)
                self.assertTrue(service["tmpfs"])

    def test_processes_share_data_and_metrics_and_every_volume_is_declared(self):
        for name in ("web", "short", "training", "beat"):
            volumes = self.services[name]["volumes"]
            self.assertEqual(volumes[:2], ["data:/data", "metrics:/metrics"])
        named = {
            volume.split(":")[0]
            for service in self.services.values()
            for volume in service.get("volumes", ())
            if not volume.startswith((".", "/"))
        }
        self.assertEqual(named, set(self.compose["volumes"]))

    def test_what_web_receives_goes_to_the_disk(self):
        """An import may have more bytes than the memory that a container gets."""
        web = self.services["web"]
        self.assertIn("/tmp", web["volumes"])
        self.assertFalse([entry for entry in web["tmpfs"] if entry.startswith("/tmp")])

    def test_prometheus_asks_within_the_network_without_a_redirect(self):
        prometheus = yaml.safe_load((ROOT / "deploy/prometheus.yml").read_text())
        [target] = prometheus["scrape_configs"][0]["static_configs"][0]["targets"]
        host = target.split(":")[0]
        self.assertEqual(self.services["web"]["environment"]["INTERNAL_HOSTS"], host)
        code = (
            "import django\ndjango.setup()\nfrom django.core.management import call_command\n"
            "call_command('migrate', verbosity=0)\nfrom django.test import Client\n"
            f"print(Client().get('/metrics', headers={{'host': '{target}'}}).status_code)"
        )
        done = run_python(
            code, PRODUCTION="1", SECRET_KEY="x" * 60, ALLOWED_HOSTS="logos.example.org",
            INTERNAL_HOSTS=host, DJANGO_SETTINGS_MODULE="converter.settings",
        )  # fmt: skip
        self.assertEqual(done.stdout.split()[-1:], ["403"], done.stderr)  # who, not where


class ProxyTests(SimpleTestCase):
    def test_the_proxy_takes_what_the_project_takes(self):
        from converter.protection.bodies import body_limit

        text = (ROOT / "deploy/nginx.conf").read_text()
        sizes = {
            path: int(size)
            for path, size in re.findall(
                r"location = (\S+) \{[^}]*client_max_body_size (\d+)m;", text
            )
        }
        for path, size in sizes.items():
            self.assertEqual(size * 2**20, body_limit(path), path)
