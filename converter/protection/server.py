"""The web server: gunicorn minds the processes, and each of them receives like waitress does.

A request takes a thread when the whole of it is there. Who sends slowly holds a connection, for a
while, and no thread; a body that is too large for its address is refused by its header.
"""

import logging
import os
import sys
import time
from collections.abc import Callable, Iterable
from typing import Any

from django.db import DatabaseError, close_old_connections
from gunicorn.workers.base import Worker
from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.server import TcpWSGIServer, UnixWSGIServer
from waitress.task import ErrorTask, ThreadedTaskDispatcher
from waitress.utilities import Error

from converter.protection.receiving import IN_MEMORY, ONLY_STAFF, TOO_MANY, LimitedParser

logger = logging.getLogger(__name__)
CONNECTIONS = 1000  # of one process; more wait in the kernel's queue
WAITING = 64  # requests that wait for a thread; further ones get 503
_HEADER_BYTES = 32 * 2**10
_IDLE_SECONDS = 15  # without a byte
_SWEEP_SECONDS = 2
# Health checks are answered by a thread of their own, however busy the others are.
_PROBE = "/healthz"
_ALIVE = b'{"status": "ok"}'
_SWITCH_SECONDS = 0.001  # threads that compute let the loop go on sooner


class _AliveError(Error):
    """The answer to a probe, which waitress has as an error: what the server itself says."""

    def to_response(self, ident: str | None = None) -> tuple[str, list[tuple[str, str]], bytes]:
        """Return status, headers and body."""
        headers = [("Content-Type", "application/json"), ("Cache-Control", "no-store")]
        return "200 OK", headers, _ALIVE


class Channel(HTTPChannel):
    """One connection. A large file of staff is received when it is known that staff send it."""

    parser_class = LimitedParser
    error_task_class = ErrorTask

    def received(self, data: bytes) -> bool:
        """Take bytes. Whether they are staff's is asked by a thread that may wait."""
        waited = self.request is not None and self.request.wants_staff
        taken = super().received(data)
        if not waited and self.request is not None and self.request.wants_staff:
            self.server.ask_for_staff(self, self.request)
        return taken

    def readable(self) -> bool:
        """Tell whether more bytes are wanted now."""
        waits = self.request is not None and self.request.wants_staff
        return not waits and super().readable()

    def decide(self, request: LimitedParser, refusal: Error | None) -> None:
        """Go on with a request, or refuse it; from any thread."""
        with self.requests_lock:
            if refusal is None:
                request.admit()
                if request.expect_continue and not self.requests:
                    self.send_continue()
            else:
                request.refuse(refusal)
            if request.completed and self.request is request:
                self.request = None
                self.requests.append(request)
                if len(self.requests) == 1:
                    self.server.add_task(self)
        self.server.pull_trigger()


class _Doorkeeper:
    """The question whether staff send a request: a task for a thread of its own."""

    def __init__(self, channel: Channel, request: LimitedParser) -> None:
        self._channel, self._request = channel, request

    def service(self) -> None:
        """Ask, and let the connection go on."""
        from converter.protection.staff import header_from_staff  # needs the applications loaded

        close_old_connections()
        try:
            staff = header_from_staff(self._request.path, self._request.headers)
            refusal = None if staff else ONLY_STAFF
        except DatabaseError as error:
            logger.warning("Nobody can tell who sends a large file: %s", error)
            refusal = TOO_MANY
        close_old_connections()
        self._channel.decide(self._request, refusal)

    def cancel(self) -> None:
        """Have nothing to take back: the connection ends with the server."""


class _PatientServer:
    """What both kinds of server do beyond waitress: see `Channel`, and `add_task`."""

    channel_class = Channel
    probes: ThreadedTaskDispatcher
    doorkeepers: ThreadedTaskDispatcher

    def ask_for_staff(self, channel: Channel, request: LimitedParser) -> None:
        """Have it told whether staff send a request; who waits for that sends nothing more."""
        if len(self.doorkeepers.queue) >= WAITING:
            channel.decide(request, TOO_MANY)
        else:
            self.doorkeepers.add_task(_Doorkeeper(channel, request))

    def add_task(self, channel: Channel) -> None:
        """Give a whole request to a thread, or say that too many wait for one."""
        request = channel.requests[0]
        if request.path == _PROBE and request.command == "GET" and request.error is None:
            request.error = _AliveError("")
            self.probes.add_task(channel)
            return
        if len(self.task_dispatcher.queue) >= WAITING and request.error is None:
            request.error = TOO_MANY
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
        probes, doorkeepers = _threads(1), _threads(1)
        servers = [self._server(listener.sock, sockets, threads) for listener in self.sockets]
        for server in servers:
            server.probes, server.doorkeepers = probes, doorkeepers
        while self.alive:
            self.notify()
            wasyncore.loop(timeout=1.0, use_poll=True, map=sockets, count=1)
            if os.getppid() != self.ppid:
                self.log.info("The parent has gone: this process ends.")
                break
        for server in servers:
            server.accepting = False
        self._end(sockets, servers, threads)

    def _server(self, sock: Any, sockets: dict[int, Any], threads: ThreadedTaskDispatcher) -> Any:
        adjustments = Adjustments(
            threads=self.cfg.threads,
            ident="",
            connection_limit=CONNECTIONS,
            channel_timeout=_IDLE_SECONDS,
            cleanup_interval=_SWEEP_SECONDS,
            max_request_header_size=_HEADER_BYTES,
            inbuf_overflow=IN_MEMORY,
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
            _bodiless_if_asked(self.wsgi), sockets, True, sock, dispatcher=threads, adj=adjustments,
            bind_socket=False, sockinfo=address,
        )  # fmt: skip
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


def _bodiless_if_asked(application: Callable[..., Iterable[bytes]]) -> Callable[..., Any]:
    """Return an application that answers HEAD by a header alone, as HTTP has it.

    Neither Django nor waitress takes the body away. A client on a connection that stays open would
    take it for the answer to its next request.
    """

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        content = application(environ, start_response)
        if environ["REQUEST_METHOD"] != "HEAD":
            return content
        if hasattr(content, "close"):
            content.close()
        return []

    return answer


def _threads(count: int) -> ThreadedTaskDispatcher:
    dispatcher = ThreadedTaskDispatcher()
    dispatcher.set_thread_count(count)
    return dispatcher
