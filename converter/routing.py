"""Asking the classifier for a logo's type, over REST, and choosing the preset by the answer."""

import functools
import logging
from dataclasses import dataclass
from typing import Self

import httpx
from django.conf import settings

from classifier.client import (
    Classification,
    ClassifierClient,
    ClassifierError,
    UnavailableError,
)
from converter.circuit_breaker import CircuitBreaker
from converter.presets import GENERAL, LOGO_TYPES
from converter.shares import percent

logger = logging.getLogger(__name__)


class ClassifierUnavailableError(Exception):
    """The classifier gave no usable answer. The message says why."""


@dataclass(frozen=True)
class Policy:
    """How sure the classifier has to be for its type's preset, and which preset is used otherwise.

    Attributes:
        thresholds: confidence by type, 0 to 1.
        fallback: name of a preset.
        number: of the stored policy; None for the one that the program comes with.
    """

    thresholds: dict[str, float]
    fallback: str
    number: int | None = None

    @classmethod
    def default(cls) -> Self:
        """Return the policy that holds until somebody stores one."""
        threshold = settings.CONVERTER_ROUTING_THRESHOLD
        return cls(dict.fromkeys(LOGO_TYPES, threshold), GENERAL)


@dataclass(frozen=True)
class Route:
    """Which preset a logo takes, and why, in a sentence for people."""

    preset: str
    reason: str


class GuardedClient:
    """The classifier's client, which leaves a classifier alone for a while after it failed."""

    def __init__(self, client: ClassifierClient, breaker: CircuitBreaker | None = None) -> None:
        self._client = client
        self._breaker = breaker or CircuitBreaker()

    def classify(self, content: bytes, method: str = "hybrid") -> Classification:
        """Ask for the type of an image; `method` names who is to answer.

        Raises:
            ClassifierUnavailableError: if there is no usable answer.
        """
        if not self._breaker.allows():
            raise ClassifierUnavailableError("it failed a moment ago and is being left alone")
        try:
            classification = self._client.classify(content, method)
        except UnavailableError as error:
            self._breaker.failed()
            logger.warning("The classifier is unavailable: %s", error)
            raise ClassifierUnavailableError(str(error)) from error
        except ClassifierError as error:
            self._breaker.succeeded()
            raise ClassifierUnavailableError(str(error)) from error
        self._breaker.succeeded()
        if classification.logo_type not in LOGO_TYPES:
            raise ClassifierUnavailableError("it answered with an unknown type")
        return classification

    def propose(self, content: bytes, true_type: str, answered: str) -> None:
        """Give an image to the data set.

        Raises:
            ClassifierUnavailableError: if it is not taken.
        """
        try:
            self._client.propose(content, true_type, answered)
        except ClassifierError as error:
            raise ClassifierUnavailableError(str(error)) from error


@functools.cache
def classifier_client() -> GuardedClient:
    """Return the client of this process: over the network if `CLASSIFIER_URL` is set."""
    if settings.CLASSIFIER_URL:
        return GuardedClient(
            ClassifierClient.at(settings.CLASSIFIER_URL, token=settings.CLASSIFIER_TOKEN)
        )
    return GuardedClient(ClassifierClient(in_process_client()))


def in_process_client() -> httpx.Client:
    """Return an HTTP client whose requests this project's own WSGI application answers."""
    from converter.wsgi import application

    # A plain request would only be answered with a redirect where HTTPS is enforced.
    scheme = "https" if settings.SECURE_SSL_REDIRECT else "http"
    headers = {"X-Forwarded-Proto": scheme}
    # This address is exempt from the limit on strangers.
    transport = httpx.WSGITransport(app=application, remote_addr="in-process")
    return httpx.Client(transport=transport, base_url=f"{scheme}://localhost", headers=headers)


def route(classification: Classification, policy: Policy) -> Route:
    """Choose the preset for an answer: the policy's fallback where the classifier is unsure.

    What does not look like a logo takes the general preset, whatever type it comes nearest to.
    """
    if classification.familiar is False:
        return Route(
            GENERAL,
            f"This does not look like a logo to the classifier, so the {GENERAL} preset is used.",
        )
    sure = percent(classification.confidence)
    if classification.confidence < policy.thresholds[classification.logo_type]:
        return Route(
            policy.fallback,
            f"The classifier is unsure ({classification.logo_type}, {sure}), so the "
            f"{policy.fallback} preset is used.",
        )
    return Route(
        classification.logo_type,
        f"The classifier says {classification.logo_type} ({sure} sure).",
    )
