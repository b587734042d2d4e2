"""The web server: gunicorn minds the processes, and each of them receives like waitress does.

A request takes a thread when the whole of it is there. Who sends slowly holds a connection, for a
while, and no thread; a body that is too large for its address is refused by its header.
"""

import os
import sys
import time
from typing import Any

from gunicorn.workers.base import Worker
from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.server import TcpWSGIServer, UnixWSGIServer
from waitress.task import ErrorTask, ThreadedTaskDispatcher
from waitress.utilities import Error

from converter.protection.bodies import body_limit, problem_with

CONNECTIONS = 1000  # of one process; more wait in the kernel's queue
WAITING = 64  # requests that wait for a thread; further ones get 503
_RETRY_SECONDS = 5
_HEADER_BYTES = 32 * 2**10
_IDLE_SECONDS = 15  # without a byte
_HEADER_SECONDS = 20  # for a whole header
_SLOWEST = 10 * 2**10  # bytes a second of a body, beyond those seconds
_SWEEP_SECONDS = 2
# Of a body that is refused so much is received, and thrown away: a client that still sends would
# see a broken connection in place of the answer.
_THROWN_AWAY = 64 * 2**20
# Health checks are answered by a thread of their own, however busy the others are.
_PROBE = "/healthz"
_ALIVE = b'{"status": "ok"}'
_SWITCH_SECONDS = 0.001  # threads that compute let the loop go on sooner


class _RefusalError(Error):
    """An answer that the server itself gives."""

    def __init__(self, code: int, reason: str, body: str) -> None:
        super().__init__(body)
        self.code, self.reason = code, reason

    def to_response(self, ident: str | None = None) -> tuple[str, list[tuple[str, str]], bytes]:
        """Return status, headers and body."""
        headers = [("Content-Type", "text/plain; charset=utf-8")]
        if self.code == 503:
            headers.append(("Retry-After", str(_RETRY_SECONDS)))
        return f"{self.code} {self.reason}", headers, f"{self.body}\n".encode()


class _AliveError(Error):
    """The answer to a probe, which waitress has as an error: what the server itself says."""

    def to_response(self, ident: str | None = None) -> tuple[str, list[tuple[str, str]], bytes]:
        """Return status, headers and body."""
        headers = [("Content-Type", "application/json"), ("Cache-Control", "no-store")]
        return "200 OK", headers, _ALIVE


class _Nowhere:
    """A buffer that keeps nothing."""

    def append(self, data: bytes) -> None:
        """Forget the bytes."""

    def close(self) -> None:
        """Have nothing to close."""

    def __len__(self) -> int:
        return 0


class LimitedParser(HTTPRequestParser):
    """Knows from a request's header how much may follow."""

    def __init__(self, adj: Adjustments) -> None:
        super().__init__(adj)
        self.began = time.monotonic()
        self._refused: _RefusalError | None = None
        self._judged = False

    def received(self, data: bytes) -> int:
        """Take bytes; return how many of them belong to this request."""
        consumed = super().received(data)
        if self.headers_finished and not self._judged and self.error is None and not self.empty:
            self._judged = True
            self._judge(self.content_length)
        elif self._grew_too_large():
            self._judge(self.body_bytes_received)
        if self.completed and self._refused is not None:
            self.error = self._refused
        return consumed

    def parse_header(self, header_plus: bytes) -> None:
        """Read the header.

        Raises:
            ParsingError: if it tells two lengths of the body: proxies do not agree on which holds,
                and what one takes for the body another takes for a second request (RFC 9112, 6.3).
        """
        super().parse_header(header_plus)
        if self.chunked and "CONTENT_LENGTH" in self.headers:
            raise ParsingError("Content-Length and Transfer-Encoding exclude each other.")

    def too_slow(self, now: float) -> bool:
        """Tell whether whoever sends this takes longer than anybody should."""
        return now - self.began > _HEADER_SECONDS + self.body_bytes_received / _SLOWEST

    def _grew_too_large(self) -> bool:
        """Tell whether a body whose length nobody named is too large by now."""
        sound = self.chunked and self.error is None and self._refused is None
        return sound and self.body_bytes_received > body_limit(self.path)

    def _judge(self, length: int) -> None:
        found = problem_with(self.path, length)
        if found is None:
            return
        status, sentence = found
        self._refused = _RefusalError(status.value, status.phrase, sentence)
        if self.chunked or length > _THROWN_AWAY:
            self.completed = True
        elif self.body_rcv is not None:
            self.body_rcv.buf = _Nowhere()


class Channel(HTTPChannel):
    """A connection that has to deliver its request within a time."""

    parser_class = LimitedParser
    error_task_class = ErrorTask


class _PatientServer:
    """What both kinds of server do beyond waitress: see `Channel`, and `add_task`."""

    channel_class = Channel
    probes: ThreadedTaskDispatcher

    def add_task(self, channel: Channel) -> None:
        """Give a whole request to a thread, or say that too many wait for one."""
        request = channel.requests[0]
        if request.path == _PROBE and request.command == "GET" and request.error is None:
            request.error = _AliveError("")
            self.probes.add_task(channel)
            return
        if len(self.task_dispatcher.queue) >= WAITING and request.error is None:
            request.error = _RefusalError(
                503, "Service Unavailable", "Too many requests wait. Please try again shortly."
            )
            self.probes.add_task(channel)
            return
        super().add_task(channel)

    def maintenance(self, now: float) -> None:
        """Close connections on which too little happens."""
        super().maintenance(now)
        clock = time.monotonic()
        for channel in self.active_channels.values():
            request = channel.request
            if request is not None and not channel.requests and request.too_slow(clock):
                channel.will_close = True


class _TcpServer(_PatientServer, TcpWSGIServer):
    """Listens on a TCP address and makes a `Channel` of each connection."""


class _UnixServer(_PatientServer, UnixWSGIServer):
    """Listens on a socket in the file system."""


class PatientWorker(Worker):
    """A gunicorn worker: `worker_class = "converter.protection.server.PatientWorker"`."""

    def run(self) -> None:
        """Serve until gunicorn says to stop, then end what was begun."""
        sys.setswitchinterval(_SWITCH_SECONDS)
        sockets: dict[int, Any] = {}
        threads = _threads(self.cfg.threads)
        probes = _threads(1)
        servers = [
            self._server(listener.sock, sockets, threads, probes) for listener in self.sockets
        ]
        while self.alive:
            self.notify()
            wasyncore.loop(timeout=1.0, use_poll=True, map=sockets, count=1)
            if os.getppid() != self.ppid:
                self.log.info("The parent has gone: this process ends.")
                break
        for server in servers:
            server.accepting = False
        self._end(sockets, servers, threads)

    def _server(
        self,
        sock: Any,
        sockets: dict[int, Any],
        threads: ThreadedTaskDispatcher,
        probes: ThreadedTaskDispatcher,
    ) -> Any:
        adjustments = Adjustments(
            threads=self.cfg.threads,
            ident="",
            connection_limit=CONNECTIONS,
            channel_timeout=_IDLE_SECONDS,
            cleanup_interval=_SWEEP_SECONDS,
            max_request_header_size=_HEADER_BYTES,
            max_request_body_size=2**40,  # the parser knows better, by the address
            asyncore_use_poll=True,
            # Whose word counts about clients is a matter of settings: see NUM_PROXIES.
            clear_untrusted_proxy_headers=False,
            # Only files are this large; those go to the disk, and no thread waits for the client.
            outbuf_high_watermark=2**31,
            expose_tracebacks=False,
        )
        kind = _UnixServer if isinstance(sock.getsockname(), str) else _TcpServer
        address = (sock.family, sock.type, sock.proto, sock.getsockname())
        server = kind(
            self.wsgi, sockets, True, sock, dispatcher=threads, adj=adjustments,
            bind_socket=False, sockinfo=address,
        )  # fmt: skip
        server.probes = probes
        server.next_channel_cleanup = 0
        return server

    def _end(
        self, sockets: dict[int, Any], servers: list[Any], threads: ThreadedTaskDispatcher
    ) -> None:
        """Send what was asked for before the end, within the time that gunicorn grants."""
        deadline = time.monotonic() + max(1, self.cfg.graceful_timeout - 2)
        while time.monotonic() < deadline:
            self.notify()
            channels = [
                channel for server in servers for channel in server.active_channels.values()
            ]
            if not any(channel.requests or channel.total_outbufs_len for channel in channels):
                break
            wasyncore.loop(timeout=0.1, use_poll=True, map=sockets, count=1)
        threads.shutdown(timeout=1)


def _threads(count: int) -> ThreadedTaskDispatcher:
    dispatcher = ThreadedTaskDispatcher()
    dispatcher.set_thread_count(count)
    return dispatcher
