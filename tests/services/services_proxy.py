"""The shipped proxy before a real web server. Skipped where nginx or openssl is missing."""

import contextlib
import shutil
import socket
import ssl
import subprocess
import unittest
from pathlib import Path

import httpx
import psutil
from django.test import SimpleTestCase

from tests.hostile.server import running
from tests.services.servers import ROOT, Process, free_port


@unittest.skipUnless(shutil.which("nginx") and shutil.which("openssl"), "nginx is not installed")
class ProxyTests(SimpleTestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.port = free_port()
        cls.web = cls.enterClassContext(
            running(
                workers=1, PRODUCTION="1", SECRET_KEY="x" * 60, NUM_PROXIES="1",
                ALLOWED_HOSTS="localhost,127.0.0.1",
                CSRF_TRUSTED_ORIGINS=f"https://localhost:{cls.port}",
            )
        )  # fmt: skip
        proxy = Process("nginx", cls.web.folder, cls.command(cls.web.folder), port=cls.port)
        cls.addClassCleanup(proxy.stop)
        proxy.start()
        cls.context = context = ssl.create_default_context(cafile=str(cls.web.folder / "site.pem"))
        cls.http = httpx.Client(
            base_url=f"https://localhost:{cls.port}", verify=context, timeout=30
        )
        cls.addClassCleanup(cls.http.close)

    @classmethod
    def command(cls, folder):
        folder = Path(folder)
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1",
             "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
             "-keyout", folder / "site.key", "-out", folder / "site.pem"],
            check=True, capture_output=True,
        )  # fmt: skip
        site = (ROOT / "deploy/nginx.conf").read_text()
        for old, new in (
            ("127.0.0.1:8000", f"127.0.0.1:{cls.web.port}"),
            ("/etc/ssl/logos.example.org.pem", str(folder / "site.pem")),
            ("/etc/ssl/logos.example.org.key", str(folder / "site.key")),
            ("    listen [::]:443 ssl http2;\n", ""),
            ("    listen [::]:80;\n", ""),
            ("listen 443", f"listen 127.0.0.1:{cls.port}"),
            ("listen 80", f"listen 127.0.0.1:{free_port()}"),
            ("logos.example.org", "localhost"),
        ):
            assert old in site, old
            site = site.replace(old, new)
        places = "".join(
            f"{name}_temp_path {folder}/{name};\n"
            for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        (folder / "nginx.conf").write_text(
            f"daemon off;\npid {folder}/nginx.pid;\nerror_log {folder}/error.log;\nuser root;\n"
            f"events {{}}\nhttp {{\naccess_log off;\n{places}\n{site}\n}}\n"
        )
        return ["nginx", "-c", str(folder / "nginx.conf"), "-p", str(folder)]

    def test_pages_come_through_and_the_client_is_known_by_its_address(self):
        page = self.http.get("/", headers={"X-Forwarded-For": "9.9.9.9"})
        self.assertEqual(page.status_code, 200)
        self.assertIn("max-age", page.headers["Strict-Transport-Security"])
        self.assertEqual(self.http.get("/healthz").status_code, 200)

    def test_sizes_are_those_of_the_addresses(self):
        body = {"content": b"x" * 7 * 2**20}
        self.assertEqual(self.http.post("/accounts/login/", **body).status_code, 413)
        self.assertNotEqual(self.http.post("/api/v1/classify/", **body).status_code, 413)

    def test_who_asks_too_often_is_told_so(self):
        codes = [self.http.get("/accounts/login/").status_code for _ in range(20)]
        self.assertIn(429, codes)

    def test_metrics_are_not_for_outside(self):
        self.assertEqual(self.http.get("/metrics").status_code, 404)

    def test_who_sends_slowly_reaches_the_proxy_alone_and_not_for_long(self):
        with contextlib.ExitStack() as stack:
            dripping = [stack.enter_context(self.connection()) for _ in range(20)]
            for number, opened in enumerate(dripping):
                body = b"Content-Length: 1000\r\n\r\nx" if number % 2 else b"X-Slow: "
                opened.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\n" + body)
            self.assertEqual(self.http.get("/").status_code, 200)
            held = [
                connection
                for connection in psutil.net_connections("tcp")
                if connection.laddr.port == self.web.port and connection.status == "ESTABLISHED"
            ]
            self.assertLess(len(held), 10)
            for opened in dripping:
                opened.settimeout(60)
                with contextlib.suppress(ConnectionResetError, ssl.SSLError):
                    self.assertIn(opened.recv(20)[9:12], (b"", b"408"))

    def connection(self):
        plain = socket.create_connection(("127.0.0.1", self.port), 30)
        return self.context.wrap_socket(plain, server_hostname="localhost")
