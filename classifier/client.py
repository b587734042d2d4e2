"""A client of the classifier's REST API, for use from anywhere: it needs nothing but httpx.

with ClassifierClient.at("http://127.0.0.1:8000") as client:
    print(client.classify(Path("logo.png").read_bytes()).logo_type)
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import httpx

TIMEOUT = httpx.Timeout(20.0, connect=2.0)
_API = "/api/v1"
_MOST_IMAGES = 64  # of one request
_MOST_BYTES = 60 * 2**20
# The connection broke, or the service closed an idle one: asking once more is safe.
_BROKEN_CONNECTION = (httpx.NetworkError, httpx.RemoteProtocolError)


class ClassifierError(Exception):
    """There is no answer. The message says why."""


class UnavailableError(ClassifierError):
    """The service cannot be reached, or is in trouble: another time it may answer."""


class RefusedError(ClassifierError):
    """The service refuses the request, and always will.

    Attributes:
        status: of the response.
        errors: messages by field, where fields are wrong.
    """

    def __init__(self, detail: str, status: int, errors: dict[str, list[str]]) -> None:
        super().__init__(detail)
        self.status = status
        self.errors = errors


@dataclass(frozen=True)
class Classification:
    """An image's type.

    Attributes:
        logo_type: one of the four types.
        confidence: calibrated, 0 to 1.
        certain: false where a person should look.
        probabilities: by type.
        method: what answered: neural or rules.
        reason: of the rules: the measures that decided.
        model_version: name of the version that served; empty for the rules.
        milliseconds: the service's own time.
        cached: whether the same file was answered before.
        id: of this answer, for `send_feedback`.
        familiar: false for what does not look like a logo; None where the service cannot tell.
    """

    logo_type: str
    confidence: float
    certain: bool
    probabilities: dict[str, float]
    method: str
    reason: str
    model_version: str
    milliseconds: float
    cached: bool
    id: str
    familiar: bool | None = None

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """Read an answer, trusting nothing in it.

        Raises:
            ValueError, KeyError, TypeError, AttributeError: if it is none.
        """
        return cls(
            logo_type=str(values["logo_type"]),
            confidence=float(values["confidence"]),
            certain=bool(values["certain"]),
            probabilities={str(k): float(v) for k, v in values["probabilities"].items()},
            method=str(values["method"]),
            reason=str(values["reason"]),
            model_version=str(values["model_version"]),
            milliseconds=float(values["milliseconds"]),
            cached=bool(values["cached"]),
            id=str(values["id"]),
            familiar=None if (known := values.get("familiar")) is None else bool(known),
        )


class ClassifierClient:
    """One pool of connections to a classifier, for all threads of a process."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http

    @classmethod
    def at(cls, url: str, timeout: httpx.Timeout = TIMEOUT, token: str = "") -> Self:
        """Return a client of the service at an address such as `http://host:8000`.

        `token` is the key of an API token, with which limits for strangers do not hold.
        """
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return cls(httpx.Client(base_url=url.rstrip("/"), timeout=timeout, headers=headers))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    def classify(
        self, image: bytes, method: str = "hybrid", time_budget_ms: float | None = None
    ) -> Classification:
        """Return the type of an image, given the content of its file.

        Raises:
            UnavailableError: if the service gives no usable answer.
            RefusedError: if the image or an option is refused.
        """
        files = [("image", ("image", image, "application/octet-stream"))]
        answer = self._post("/classify/", files=files, data=_options(method, time_budget_ms))
        return _classification(answer)

    def classify_many(
        self, images: Sequence[bytes], method: str = "hybrid", time_budget_ms: float | None = None
    ) -> list[Classification | RefusedError]:
        """Return the type of each image, or why it is refused, in their order.

        Raises:
            UnavailableError: if the service gives no usable answer.
            RefusedError: if an option is refused.
        """
        options = _options(method, time_budget_ms)
        found: list[Classification | RefusedError] = []
        for portion in _portions(images):
            files = [
                ("images", (str(position), image, "application/octet-stream"))
                for position, image in enumerate(portion)
            ]
            answer = self._post("/classify/", files=files, data=options)
            try:
                results = [(result["answer"], result["problem"]) for result in answer["results"]]
            except (KeyError, TypeError) as error:
                raise _incomprehensible() from error
            if len(results) != len(portion):
                raise _incomprehensible()
            found += [_classification(a) if a else _refusal(p) for a, p in results]
        return found

    def send_feedback(self, answer_id: str, right: bool, true_type: str = "") -> None:
        """Tell the service whether an answer was right, and if not, which type is.

        Raises:
            UnavailableError: if the service cannot be reached.
            RefusedError: if it knows no such answer, or no such type.
        """
        feedback = {"right": right, "true_type": true_type}
        self._post(f"/predictions/{answer_id}/feedback/", json=feedback)

    def propose(self, image: bytes, label: str, answered: str = "") -> None:
        """Give an image to the data set under a type. Its uploader must have agreed to that.

        Raises:
            UnavailableError: if the service cannot be reached.
            RefusedError: if it takes no proposals, or cannot use the image.
        """
        files = [("image", ("image", image, "application/octet-stream"))]
        data = {"label": label, "consent": "true"} | ({"answered": answered} if answered else {})
        self._post("/proposals/", files=files, data=data)

    def _post(self, path: str, **content: Any) -> Any:
        try:
            response = self._send(path, content)
        except httpx.HTTPError as error:
            raise UnavailableError(f"it cannot be reached: {error!r}") from error
        status = response.status_code
        if status >= 500:
            raise UnavailableError(f"it answered with status {status}")
        try:
            answer = response.json()
        except ValueError as error:
            if status == httpx.codes.OK:
                raise _incomprehensible() from error
            raise _refusal(None, status) from error
        if not response.is_success:
            raise _refusal(answer, status)
        return answer

    def _send(self, path: str, content: dict[str, Any]) -> httpx.Response:
        try:
            return self._http.post(_API + path, **content)
        except _BROKEN_CONNECTION:
            return self._http.post(_API + path, **content)


def _options(method: str, time_budget_ms: float | None) -> dict[str, str]:
    options = {"method": method}
    if time_budget_ms is not None:
        options["time_budget_ms"] = str(time_budget_ms)
    return options


def _portions(images: Sequence[bytes]) -> Iterator[list[bytes]]:
    """Yield as many images at a time as one request may have."""
    portion: list[bytes] = []
    room = _MOST_BYTES
    for image in images:
        if portion and (len(portion) == _MOST_IMAGES or len(image) > room):
            yield portion
            portion, room = [], _MOST_BYTES
        portion.append(image)
        room -= len(image)
    if portion:
        yield portion


def _classification(answer: Any) -> Classification:
    try:
        return Classification.from_json(answer)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _incomprehensible() from error


def _incomprehensible() -> UnavailableError:
    return UnavailableError("its answer could not be understood")


def _refusal(problem: Any, status: int = 0) -> RefusedError:
    """Read a problem (RFC 9457); what is none is only known by its status."""
    if not isinstance(problem, dict) or not isinstance(problem.get("errors"), dict):
        return RefusedError(f"it answered with status {status}", status, {})
    return RefusedError(
        str(problem.get("detail")), problem.get("status", status), problem["errors"]
    )
