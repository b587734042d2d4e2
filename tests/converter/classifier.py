"""A stand-in for the classifier's service, behind the converter's real HTTP client."""

from contextlib import contextmanager
from unittest import mock

import httpx

from classifier.client import ClassifierClient
from converter.routing import GuardedClient


def answer(logo_type, confidence=0.9, familiar=True):
    """What the classifier's endpoint answers."""
    return {
        "logo_type": logo_type,
        "confidence": confidence,
        "certain": True,
        "familiar": familiar,
        "probabilities": {logo_type: confidence},
        "method": "neural",
        "reason": "",
        "model_version": "v1",
        "milliseconds": 3.2,
        "cached": False,
        "id": "3f2504e0-4f89-11d3-9a0c-0305e82c3301",
    }


def client(handler):
    """Return a guarded client whose requests go to a function."""
    http = httpx.Client(transport=httpx.MockTransport(handler), base_url="http://classifier")
    return GuardedClient(ClassifierClient(http))


@contextmanager
def classifier_says(logo_type, confidence=0.9, familiar=True):
    """Let every conversion get this answer."""
    said = answer(logo_type, confidence, familiar)
    found = client(lambda request: httpx.Response(200, json=said))
    with mock.patch("converter.conversion.classifier_client", return_value=found):
        yield


@contextmanager
def classifier_down():
    """Let every conversion find no classifier."""

    def refuse(request):
        raise httpx.ConnectError("refused")

    with mock.patch("converter.conversion.classifier_client", return_value=client(refuse)):
        yield
