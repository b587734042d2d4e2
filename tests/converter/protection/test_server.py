"""The web server itself, as a process: what it does with requests that are made to hold it up."""

import contextlib
import socket
import threading
import time
from pathlib import Path

import httpx
from django.test import SimpleTestCase

from converter.tracers import PROGRAM
from tests.hostile.server import running


class ServerTests(SimpleTestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = cls.enterClassContext(running(workers=1))

    def head(self, method="POST", path="/", length=1000, extra=""):
        return (
            f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {length}\r\n"
            f"Content-Type: application/octet-stream\r\n{extra}\r\n"
        ).encode()

    def test_a_tracer_is_there_before_the_first_logo(self):
        self.server.health_seconds()
        tracers = [p for p in self.server.processes() if str(PROGRAM) in p.cmdline()]
        self.assertEqual(len(tracers), 1)

    def test_forty_senders_that_never_end_take_no_thread(self):
        with contextlib.ExitStack() as stack:
            for number in range(40):
                opened = stack.enter_context(self.server.connection())
                opened.sendall(self.head() + b"x" * number if number % 2 else b"GET / HTTP/1.1\r\n")
            self.assertEqual(httpx.get(self.server.address, timeout=10).status_code, 200)
            self.server.health_seconds()

    def test_who_drips_is_cut_off(self):
        with self.server.connection() as opened:
            opened.sendall(b"GET / HTTP/1.1\r\n")
            opened.settimeout(0.5)
            began = time.monotonic()
            with contextlib.suppress(OSError):
                while time.monotonic() - began < 60:
                    opened.sendall(b"X-Slow: 1\r\n")
                    with contextlib.suppress(TimeoutError):
                        if opened.recv(100) == b"":
                            break
            self.assertLess(time.monotonic() - began, 60)  # it was not us who ended it

    def test_a_body_that_is_too_large_is_refused_by_its_header(self):
        with self.server.connection() as opened:
            opened.sendall(self.head(length=400 * 2**20))
            answer = opened.recv(4096)
        self.assertTrue(answer.startswith(b"HTTP/1.1 413 "), answer)
        stored = sum(path.stat().st_size for path in self.server.temporary.glob("*"))
        self.assertLess(stored, 2**20)

    def test_nobody_is_asked_to_go_on_with_a_body_that_is_too_large(self):
        with self.server.connection() as opened:
            opened.sendall(self.head(length=400 * 2**20, extra="Expect: 100-continue\r\n"))
            answer = opened.recv(4096)
        self.assertTrue(answer.startswith(b"HTTP/1.1 413 "), answer)

    def test_who_sends_somewhat_too_much_gets_the_answer_and_not_a_broken_connection(self):
        answer = httpx.post(f"{self.server.address}/accounts/login/", content=b"x" * 20 * 2**20)
        self.assertEqual(answer.status_code, 413)

    def test_a_body_of_unknown_length_ends_at_the_limit(self):
        def endless():
            for _ in range(100):
                yield b"x" * 2**20

        with contextlib.suppress(httpx.WriteError, httpx.ReadError):
            answer = httpx.post(
                f"{self.server.address}/accounts/login/", content=endless(), timeout=30
            )
            self.assertEqual(answer.status_code, 413)
        self.server.health_seconds()

    def test_a_header_that_is_too_long_is_refused(self):
        answer = httpx.get(self.server.address, headers={"X-Long": "x" * 100_000})
        self.assertEqual(answer.status_code, 431)

    def test_who_does_not_read_holds_no_thread(self):
        with contextlib.ExitStack() as stack:
            for _ in range(30):
                opened = stack.enter_context(self.server.connection())
                opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
                for _ in range(20):
                    opened.sendall(
                        b"GET /static/plotly/plotly.min.js HTTP/1.1\r\nHost: localhost\r\n\r\n"
                    )
            self.assertEqual(httpx.get(self.server.address, timeout=10).status_code, 200)
            self.server.health_seconds()

    def test_nothing_smuggles_a_second_request(self):
        with self.server.connection() as opened:
            opened.sendall(
                b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n"
                b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /healthz HTTP/1.1\r\n\r\n"
            )
            opened.settimeout(5)
            answer = opened.recv(65536)
        self.assertNotIn(b'"status": "ok"', answer)

    def test_nothing_but_a_header_answers_head(self):
        for path in ("/", "/nothing/", "/healthz", "/static/plotly/plotly.min.js", "/api/v1/runs/"):
            with self.server.connection() as opened:
                opened.sendall(
                    f"HEAD {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
                    + b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
                )
                answers = b"".join(iter(lambda opened=opened: opened.recv(65536), b""))
            first, _, rest = answers.partition(b"\r\n\r\n")
            self.assertRegex(first, rb"^HTTP/1.1 (200|403|404) ")
            self.assertTrue(rest.startswith(b"HTTP/1.1 200 OK\r\n"), (path, rest[:80]))

    def test_a_stop_lets_a_request_end(self):
        with running(workers=1) as server:
            answers = []
            content = Path(__file__).read_bytes()

            def ask():
                answers.append(httpx.get(server.address, timeout=20).status_code)

            threads = [threading.Thread(target=ask) for _ in range(12)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.assertEqual(answers, [200] * 12)
            with server.connection() as opened:
                opened.sendall(self.head(path="/accounts/login/", length=len(content)) + content)
                time.sleep(0.3)
                server.process.process.terminate()
                answer = opened.recv(4096)
            self.assertTrue(answer.startswith(b"HTTP/1.1 403 "), answer[:80])


class StaffTests(SimpleTestCase):
    """Addresses that take large files, of staff alone."""

    PATHS = ("/admin/classifier/dataset/add/", "/api/v1/versions/import/")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = cls.enterClassContext(running(workers=1))
        made = cls.server.shell(_ACCOUNTS)
        cls.session, cls.known, cls.key = made.split()

    def first_line(self, path, *headers, length=100 * 2**20):
        """Send a header and a bit of a body; return the answer, or nothing while it waits."""
        lines = [
            f"POST {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {length}",
            "Content-Type: multipart/form-data; boundary=x", *headers,
        ]  # fmt: skip
        with self.server.connection() as opened:
            opened.sendall("\r\n".join([*lines, "", "x" * 100]).encode())
            opened.settimeout(3)
            with contextlib.suppress(TimeoutError):
                return opened.recv(4096).partition(b"\r\n")[0].decode()
        return ""

    def test_strangers_are_refused_before_they_send(self):
        for path in self.PATHS:
            for name, headers in {
                "nobody": (),
                "a session that is none": ("Cookie: sessionid=abc",),
                "a visitor's session": (f"Cookie: sessionid={self.known}",),
                "a token that is none": ("Authorization: Bearer abc",),
                "whoever waits to be asked": ("Expect: 100-continue",),
            }.items():
                with self.subTest(f"{name}: {path}"):
                    self.assertIn(" 403 ", self.first_line(path, *headers))

    def test_staff_are_heard(self):
        cookie, token = f"Cookie: sessionid={self.session}", f"Authorization: Bearer {self.key}"
        for path in self.PATHS:
            self.assertEqual(self.first_line(path, cookie), "")
            self.assertIn(" 413 ", self.first_line(path, cookie, length=5 * 2**30))
        self.assertEqual(self.first_line(self.PATHS[1], token), "")
        answer = self.first_line(self.PATHS[1], token, "Expect: 100-continue")
        self.assertEqual(answer, "HTTP/1.1 100 Continue")

    def test_what_staff_send_arrives_whole(self):
        path = f"{self.server.address}{self.PATHS[1]}"
        headers = {"Authorization": f"Bearer {self.key}"}
        files = {"file": ("version.zip", b"PK" + bytes(3 * 2**20))}
        answer = httpx.post(path, headers=headers, files=files, timeout=30)
        self.assertEqual(answer.status_code, 400, answer.text)

    def test_a_stranger_who_sends_somewhat_too_much_gets_the_answer(self):
        path = f"{self.server.address}{self.PATHS[0]}"
        files = {"file": ("logos.zip", bytes(8 * 2**20))}
        self.assertEqual(httpx.post(path, files=files, timeout=30).status_code, 403)

    def test_the_first_bytes_of_an_unknown_length_are_not_the_last_word(self):
        def pieces():
            for _ in range(8):
                yield bytes(2**20)

        with contextlib.suppress(httpx.WriteError, httpx.ReadError, httpx.RemoteProtocolError):
            path = f"{self.server.address}{self.PATHS[0]}"
            self.assertEqual(httpx.post(path, content=pieces(), timeout=30).status_code, 403)
        self.server.health_seconds()


_ACCOUNTS = """
from importlib import import_module
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
from classifier.accounts.tokens import create_token
Session = import_module(settings.SESSION_ENGINE).SessionStore
def session_of(user):
    session = Session()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return session.session_key
boss = User.objects.create_superuser("boss")
visitor = User.objects.create_user("visitor")
print(session_of(boss), session_of(visitor), create_token(boss, "t", ["manage"], None)[1])
"""


class FullDiskTests(SimpleTestCase):
    def test_a_body_stops_growing_where_the_disk_has_too_little_room(self):
        def pieces():
            for _ in range(20):
                yield bytes(2**20)

        with running(workers=1, MIN_FREE_BYTES=str(10**18)) as server:
            with contextlib.suppress(httpx.WriteError, httpx.ReadError, httpx.RemoteProtocolError):
                answer = httpx.post(f"{server.address}/", content=pieces(), timeout=30)
                self.assertEqual(answer.status_code, 507)
            self.assertEqual(httpx.get(server.address, timeout=10).status_code, 200)
            small = {"username": "a", "password": "b"}
            answer = httpx.post(f"{server.address}/accounts/login/", data=small, timeout=10)
            self.assertEqual(answer.status_code, 403)
