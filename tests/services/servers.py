"""Real servers in a temporary folder: started, stopped and killed by the tests."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from converter.local.processes import end_with_parent

ROOT = Path(__file__).resolve().parent.parent.parent
_SECONDS = 120


def free_port():
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(condition, what, seconds=_SECONDS):
    """Wait until a condition gives something true, and return it."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if result := condition():
            return result
        time.sleep(0.2)
    raise AssertionError(f"{what}: not within {seconds} seconds.")


def _listens(port):
    with contextlib.closing(socket.socket()) as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Process:
    """A process with a log file and an end of its own."""

    user = None  # whose process it is; None: ours

    def __init__(self, name, folder, command, environment=None, port=None):
        self.name, self.command, self.port = name, command, port
        self.environment = environment or dict(os.environ)
        self.log = Path(folder) / f"{name}.log"
        self.process = None

    def start(self):
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                cwd=ROOT if self.user is None else "/",
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=end_with_parent(signal.SIGQUIT),
                **({"user": self.user, "group": self.user} if self.user else {}),
            )
        if self.port:
            wait_for(self._up, f"{self.name} listens")
        return self

    def _up(self):
        if self.process.poll() is not None:
            raise AssertionError(f"{self.name} ended:\n{self.log.read_text()}")
        return _listens(self.port)

    def stop(self, number=signal.SIGTERM):
        """End it with a signal; what is left of its process group after 15 s is killed."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(15)
        self.kill()

    def kill(self):
        """`kill -9` of the process and its children."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


class Postgres(Process):
    """A PostgreSQL server; as the user postgres where the tests run as root, as it refuses root."""

    def __init__(self, folder):
        port = free_port()
        self.data = Path(folder) / "postgres"
        programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
        self.programs = programs[-1] if programs else Path(shutil.which("initdb")).parent
        if os.geteuid() == 0:
            self.user = "postgres"
        command = [str(self.programs / "postgres"), "-D", str(self.data), "-p", str(port)]
        command += ["-k", str(self.data), "-h", "127.0.0.1", "-c", "fsync=off"]
        super().__init__("postgres-server", folder, command, port=port)
        self.url = f"postgres://postgres:secret@127.0.0.1:{port}/postgres"

    def create(self):
        """Make the cluster."""
        self.data.mkdir(mode=0o700)
        password = self.data.parent / "password"
        password.write_text("secret")
        if self.user:
            for path in (self.data, password):
                shutil.chown(path, self.user, self.user)
            self.data.parent.chmod(0o755)
        options = {"user": self.user, "group": self.user} if self.user else {}
        command = [self.programs / "initdb", "-D", self.data, "-U", "postgres", "-E", "UTF8", "-N"]
        subprocess.run(
            [*command, "--auth", "scram-sha-256", "--pwfile", password, "--locale", "C.UTF-8"],
            check=True,
            capture_output=True,
            cwd="/",
            **options,
        )
        return self

    def stop(self, number=signal.SIGINT):
        """Stop at once; clients' connections are cut."""
        super().stop(number)


class Redis(Process):
    """A Redis server that keeps its queue in an append-only file."""

    def __init__(self, folder):
        port = free_port()
        data = Path(folder) / "redis"
        data.mkdir()
        command = ["redis-server", "--port", str(port), "--dir", str(data), "--appendonly", "yes"]
        super().__init__("redis-server", folder, [*command, "--save", ""], port=port)
        self.url = f"redis://127.0.0.1:{port}/0"


class Topology:
    """PostgreSQL, Redis, two web processes and two workers on queues of their own."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.postgres = Postgres(folder).create()
        self.redis = Redis(folder)
        (self.folder / "metrics").mkdir()
        port = free_port()
        self.address = f"http://127.0.0.1:{port}"
        self.environment = os.environ | {
            "VAR_DIR": str(self.folder / "var"),
            "DATABASE_URL": self.postgres.url,
            "CELERY_BROKER_URL": self.redis.url,
            "CONVERTER_INLINE_SECONDS": "0",
            "QUEUE_VISIBILITY_TIMEOUT": "5",
            "CLASSIFIER_ANONYMOUS_RATE": "",
            "CONVERTER_ANONYMOUS_RATE": "",
            "PROMETHEUS_MULTIPROC_DIR": str(self.folder / "metrics"),
            "DJANGO_SETTINGS_MODULE": "converter.settings",
        }
        python = [sys.executable, "-m"]
        web = [*python, "gunicorn", "converter.wsgi", "--bind", f"127.0.0.1:{port}"]
        self.web = Process("web", folder, web, self.environment, port)
        worker = [*python, "celery", "-A", "converter", "worker", "-l", "INFO", "-c", "1"]
        short = [*worker, "-Q", "short,conversion", "-n", "short@%h"]
        training = [*worker, "-Q", "training", "-n", "training@%h"]
        self.short = Process("short", folder, short, self.environment)
        self.training = Process("training", folder, training, self.environment)

    def start(self):
        self.postgres.start()
        self.redis.start()
        self.manage("migrate", "--verbosity", "0")
        for process in (self.web, self.short, self.training):
            process.start()

    def stop(self):
        for process in (self.training, self.short, self.web, self.redis, self.postgres):
            process.stop()

    def manage(self, *arguments):
        """Run a management command as an operator would; return what it printed."""
        result = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=180,
        )
        if result.returncode:
            raise AssertionError(f"manage.py {arguments[0]} failed:\n{result.stderr}")
        return result.stdout

    def shell(self, code):
        """Run code with the models at hand; return the last line that it printed."""
        lines = self.manage("shell", "--no-imports", "-c", code).strip().splitlines()
        return lines[-1] if lines else ""
