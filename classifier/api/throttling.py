"""How often strangers may ask."""

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.throttling import AnonRateThrottle
from rest_framework.views import APIView

IN_PROCESS = "in-process"  # the address that calls from this very process give


class AnonymousThrottle(AnonRateThrottle):
    """Limits requests without an account, by address: see CLASSIFIER_ANONYMOUS_RATE.

    A request with many files counts as many.
    """

    def get_rate(self) -> str | None:
        """Return the rate, None for no limit."""
        return settings.CLASSIFIER_ANONYMOUS_RATE or None

    def allow_request(self, request: Request, view: APIView) -> bool:
        """Return whether the request may pass."""
        self._request = request
        return super().allow_request(request, view)

    def throttle_success(self) -> bool:
        """Count the request."""
        self.history = [self.now] * (_files(self._request) - 1) + self.history
        return super().throttle_success()

    def get_cache_key(self, request: Request, view: APIView) -> str | None:
        """Return whose requests are counted together; None to let the request pass."""
        if request.META.get("REMOTE_ADDR") == IN_PROCESS:
            return None
        return super().get_cache_key(request, view)


def _files(request: Request) -> int:
    """Return how many files a request brings, at least 1. A broken form is the view's affair."""
    try:
        return max(1, sum(len(files) for _, files in request.FILES.lists()))
    except (APIException, RequestDataTooBig, SuspiciousOperation):
        return 1
