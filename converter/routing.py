"""Asking the classifier for a logo's type, over REST, and choosing the preset by the answer."""

import functools
import logging
from dataclasses import dataclass, field

import httpx
from django.conf import settings

from converter.circuit_breaker import CircuitBreaker
from converter.presets import GENERAL, LOGO_TYPES

logger = logging.getLogger(__name__)

_PATH = "/api/v1/classify/"
_TIMEOUT = httpx.Timeout(20.0, connect=2.0)


class ClassifierUnavailableError(Exception):
    """The classifier gave no usable answer. The message says why."""


@dataclass(frozen=True)
class Classification:
    """The classifier's answer.

    Attributes:
        logo_type: one of the four types.
        confidence: calibrated, 0 to 1.
        probabilities: by type.
        method: which part of the classifier decided.
        model_version: name of the version that served.
        milliseconds: the classifier's own time.
    """

    logo_type: str
    confidence: float
    probabilities: dict[str, float] = field(default_factory=dict)
    method: str = ""
    model_version: str = ""
    milliseconds: float = 0.0


@dataclass(frozen=True)
class Route:
    """Which preset a logo takes, and why, in a sentence for people."""

    preset: str
    reason: str


class ClassifierClient:
    """One connection pool to the classifier, used by all threads of a process."""

    def __init__(self, http: httpx.Client, breaker: CircuitBreaker | None = None) -> None:
        self._http = http
        self._breaker = breaker or CircuitBreaker()

    def classify(self, content: bytes) -> Classification:
        """Ask for the type of an image.

        Raises:
            ClassifierUnavailableError: if there is no usable answer.
        """
        if not self._breaker.allows():
            raise ClassifierUnavailableError("it failed a moment ago and is being left alone")
        try:
            response = self._post(content)
        except httpx.HTTPError as error:
            self._breaker.failed()
            logger.warning("The classifier cannot be reached: %r", error)
            raise ClassifierUnavailableError("it cannot be reached") from error
        if response.status_code >= 500:
            self._breaker.failed()
        else:
            self._breaker.succeeded()
        return _read(response)

    def _post(self, content: bytes) -> httpx.Response:
        files = {"image": ("logo", content, "application/octet-stream")}
        try:
            return self._http.post(_PATH, files=files)
        except httpx.ConnectError:
            # Nothing was sent yet, or the service was restarting: once more is safe.
            return self._http.post(_PATH, files=files)


@functools.cache
def classifier_client() -> ClassifierClient:
    """Return the client of this process: over the network if `CLASSIFIER_URL` is set."""
    if settings.CLASSIFIER_URL:
        url = settings.CLASSIFIER_URL.rstrip("/")
        return ClassifierClient(httpx.Client(base_url=url, timeout=_TIMEOUT))
    return ClassifierClient(in_process_client())


def in_process_client() -> httpx.Client:
    """Return an HTTP client whose requests this project's own WSGI application answers."""
    from converter.wsgi import application

    # A plain request would only be answered with a redirect where HTTPS is enforced.
    scheme = "https" if settings.SECURE_SSL_REDIRECT else "http"
    headers = {"X-Forwarded-Proto": scheme}
    # This address is exempt from the limit on strangers.
    transport = httpx.WSGITransport(app=application, remote_addr="in-process")
    return httpx.Client(transport=transport, base_url=f"{scheme}://localhost", headers=headers)


def _read(response: httpx.Response) -> Classification:
    """Turn the classifier's response into its answer, trusting nothing in it."""
    if response.status_code != httpx.codes.OK:
        raise ClassifierUnavailableError(f"it answered with status {response.status_code}")
    try:
        answer = response.json()
        classification = Classification(
            logo_type=str(answer["logo_type"]),
            confidence=float(answer["confidence"]),
            probabilities={name: float(p) for name, p in answer["probabilities"].items()},
            method=str(answer["method"]),
            model_version=str(answer["model_version"]),
            milliseconds=float(answer["milliseconds"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ClassifierUnavailableError("its answer could not be understood") from error
    if classification.logo_type not in LOGO_TYPES:
        raise ClassifierUnavailableError("it answered with an unknown type")
    return classification


def route(classification: Classification, threshold: float) -> Route:
    """Choose the preset for an answer: the general one where the classifier is unsure."""
    percent = f"{classification.confidence:.0%}"
    if classification.confidence < threshold:
        return Route(
            GENERAL,
            f"The classifier is unsure ({classification.logo_type}, {percent}), so the general "
            "preset is used.",
        )
    return Route(
        classification.logo_type,
        f"The classifier says {classification.logo_type} ({percent} sure).",
    )
