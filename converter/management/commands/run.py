"""`python manage.py run`: the whole project on one machine, as one process to start and stop."""

import fcntl
import os
import shutil
import signal
import socket
import sys
import urllib.error
import urllib.request
from argparse import ArgumentParser
from contextlib import closing
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from converter.celery import app
from converter.local.broker import BrokerError, EmbeddedBroker
from converter.local.supervisor import Child, Supervisor, SupervisorError

_START_SECONDS = 90
_WORKER_SECONDS = 30
_WORKERS = 2


class Command(BaseCommand):
    """Sets up, then runs queue, web and workers until Ctrl-C."""

    help = "Set up and run everything on this machine: queue, web and workers."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take where to listen, and with how many processes."""
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--web-workers", type=int, default=2, help="web processes")
        parser.add_argument("--short-workers", type=int, default=2, help="for short tasks")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until stopped; every process has ended when it returns."""
        _check_port(options["host"], options["port"])
        with _only_one():
            call_command("setup", stdout=self.stdout, stderr=self.stderr)
            _share_metrics(settings.VAR_DIR / "metrics")
            broker = None if os.environ.get("CELERY_BROKER_URL") else _embedded_broker()
            supervisor = Supervisor(
                _children(options, broker), settings.VAR_DIR / "logs", settings.BASE_DIR
            )
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, lambda *_: setattr(supervisor, "stopping", True))
            try:
                self._run(supervisor, broker, options)
            except SupervisorError as error:
                raise CommandError(str(error)) from error
            finally:
                self.stdout.write("Stopping ...")
                supervisor.stop()
                self.stdout.write("Everything has stopped.")

    def _run(
        self, supervisor: Supervisor, broker: EmbeddedBroker | None, options: dict[str, Any]
    ) -> None:
        address = f"http://{options['host']}:{options['port']}/"
        for child in supervisor.children:
            supervisor.start(child)
            if child.name == "queue":
                supervisor.wait_until(broker.answers, _START_SECONDS)
        if supervisor.wait_until(lambda: _answers(address), _START_SECONDS):
            # Told last, so that the address does not vanish among the lines of a start.
            supervisor.wait_until(_workers_answer, _WORKER_SECONDS)
            self.stdout.write(f"\nReady: open {address} in a browser. Ctrl-C stops everything.\n")
        elif not supervisor.stopping:
            raise CommandError(f"The web server did not answer in {_START_SECONDS} seconds.")
        supervisor.run()


def _check_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with closing(socket.socket(family, socket.SOCK_STREAM)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CommandError(
                f"Cannot listen on {host}:{port} ({error.strerror}). Choose another port: "
                f"make run PORT={port + 1}, or python manage.py run --port {port + 1}."
            ) from error


def _only_one() -> IO[str]:
    """Lock the data folder; two queue servers on one append-only file would destroy it."""
    file = (settings.VAR_DIR / "run.lock").open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        raise CommandError(f"The project is running already in {settings.VAR_DIR}.") from error
    return file


def _share_metrics(folder: Path) -> None:
    """Have all child processes count in one folder, from zero."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)


def _embedded_broker() -> EmbeddedBroker | None:
    if settings.CELERY_BROKER_URL.startswith("filesystem"):
        return None
    return EmbeddedBroker(settings.VAR_DIR / "queue", settings.BROKER_SOCKET)


def _children(options: dict[str, Any], broker: EmbeddedBroker | None) -> list[Child]:
    python = [sys.executable, "-m"]
    listen = f"{options['host']}:{options['port']}"
    web = ["gunicorn", "converter.wsgi", "--bind", listen]  # the rest is in gunicorn.conf.py
    web += ["--workers", str(options["web_workers"])]
    # Requests go first: the work of workers, and of what they start, can wait a moment.
    behind = ["nice", "-n", "5"] if shutil.which("nice") else []
    worker = ["celery", "-q", "-A", "converter", "worker", "-l", "INFO", "--without-gossip"]
    worker += ["--without-mingle"]
    short = ["-Q", "short,conversion", "-n", "short@%h", "-c", str(options["short_workers"])]
    beat = ["celery", "-q", "-A", "converter", "beat", "-l", "INFO"]
    training = ["-Q", "training", "-n", "training@%h", "-c", "1"]
    # A worker without its queue would wait for it instead of shutting down: no asking for orphans.
    ends = {"quick_signal": signal.SIGQUIT, "orphan_signal": signal.SIGKILL}
    children = [
        Child("web", [*python, *web], {"MALLOC_ARENA_MAX": "2"}),
        Child("short", [*behind, *python, *worker, *short], **ends),
        Child("training", [*behind, *python, *worker, *training], **ends),
        Child("beat", [*python, *beat], orphan_signal=signal.SIGKILL),
    ]
    if broker is not None:
        try:
            children.insert(0, Child("queue", broker.command()))
        except BrokerError as error:
            raise CommandError(str(error)) from error
    return children


def _workers_answer() -> bool:
    # On a connection that asked before, every other answer gets lost.
    with app.connection_for_write() as connection:
        return len(app.control.ping(timeout=0.5, connection=connection)) >= _WORKERS


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}healthz", timeout=2) as answer:  # noqa: S310
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False
