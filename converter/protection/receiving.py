"""Receiving requests: how much may follow a header, and who may send that much."""

import time

from waitress.adjustments import Adjustments
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.utilities import Error

from converter.protection.bodies import SMALL, body_limit, for_staff, has_room, problem_with

RETRY_SECONDS = 5
IN_MEMORY = 128 * 2**10  # bytes of a body before it goes to the disk
_HEADER_SECONDS = 20  # for a whole header
_SLOWEST = 10 * 2**10  # bytes a second of a body, beyond those seconds
# Of a body that is refused so much is received, and thrown away: a client that still sends would
# see a broken connection in place of the answer.
_THROWN_AWAY = 64 * 2**20


class RefusalError(Error):
    """An answer that the server itself gives."""

    def __init__(self, code: int, reason: str, body: str) -> None:
        super().__init__(body)
        self.code, self.reason = code, reason

    def to_response(self, ident: str | None = None) -> tuple[str, list[tuple[str, str]], bytes]:
        """Return status, headers and body."""
        headers = [("Content-Type", "text/plain; charset=utf-8")]
        if self.code == 503:
            headers.append(("Retry-After", str(RETRY_SECONDS)))
        return f"{self.code} {self.reason}", headers, f"{self.body}\n".encode()


TOO_MANY = RefusalError(
    503, "Service Unavailable", "Too many requests wait. Please try again shortly."
)
ONLY_STAFF = RefusalError(403, "Forbidden", "Only staff can send files to this address.")
_FULL = RefusalError(
    507,
    "Insufficient Storage",
    "There is too little room on the server for this upload. Please try again later.",
)


class _Nowhere:
    """A buffer that keeps nothing."""

    def append(self, data: bytes) -> None:
        """Forget the bytes."""

    def close(self) -> None:
        """Have nothing to close."""

    def __len__(self) -> int:
        return 0


class LimitedParser(HTTPRequestParser):
    """Knows from a request's header how much may follow.

    Attributes:
        wants_staff: whether it brings so much that only staff may send it. Nothing more is to be
            received before somebody has looked who asks: see `admit` and `refuse`.
    """

    def __init__(self, adj: Adjustments) -> None:
        super().__init__(adj)
        self.began = time.monotonic()
        self.wants_staff = False
        self._waits_to_go_on = False
        self._refused: Error | None = None
        self._judged = False
        self._look_at = IN_MEMORY  # bytes of the body at which the disk is looked at

    def received(self, data: bytes) -> int:
        """Take bytes; return how many of them belong to this request."""
        consumed = super().received(data)
        if self.error is None and not self.empty:
            self._judge()
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

    def admit(self) -> None:
        """Let staff send what they like, within the limit of the address."""
        self.wants_staff = False
        self.expect_continue = self._waits_to_go_on

    def refuse(self, answer: Error = ONLY_STAFF) -> None:
        """Answer so instead of doing what is asked."""
        self.wants_staff = False
        self._refused = answer
        self.expect_continue = False  # nobody is asked to send what is not wanted
        if self.chunked or self.content_length > _THROWN_AWAY:
            self.completed = True
        elif self.body_rcv is not None:
            self.body_rcv.buf.close()
            self.body_rcv.buf = _Nowhere()
        if self.completed:
            self.error = answer

    def _judge(self) -> None:
        """Refuse the request if its header, or what came of its body, is too much."""
        if self._refused is not None or not self.headers_finished:
            return
        if not self._judged:
            self._judged = True
            if found := problem_with(self.path, self.content_length):
                status, sentence = found
                self.refuse(RefusalError(status.value, status.phrase, sentence))
            elif for_staff(self.path) and (self.chunked or self.content_length > SMALL):
                self.wants_staff = True
                self._waits_to_go_on, self.expect_continue = self.expect_continue, False
        elif self.chunked and self.body_bytes_received > body_limit(self.path):
            status, sentence = problem_with(self.path, self.body_bytes_received)
            self.refuse(RefusalError(status.value, status.phrase, sentence))
        elif self.body_bytes_received >= self._look_at:
            # Others receive at the same time, and none knew of the rest when it began.
            self._look_at += IN_MEMORY
            if not has_room():
                self.refuse(_FULL)
