"""How often one user, or one address without an account, may ask."""

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import HttpRequest
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

from classifier.conf import conf

IN_PROCESS = "in-process"  # the address that calls from this very process give


class RequestThrottle(SimpleRateThrottle):
    """Limits requests: see CLASSIFIER_USER_RATE and CLASSIFIER_ANONYMOUS_RATE.

    A request with many files counts as many. A view of the host may name a `throttle_scope` of its
    own; "shop" has the rates SHOP_USER_RATE and SHOP_ANONYMOUS_RATE, and is counted apart.
    """

    scope = "classifier"
    count = 0  # that a request counts as; 0: as many as it has files

    def get_rate(self) -> None:
        """Leave the rate to the request: it depends on who asks."""

    def allow_request(self, request: Request | HttpRequest, view: object) -> bool:
        """Return whether the request may pass."""
        known = request.user and request.user.is_authenticated
        self.scope = getattr(view, "throttle_scope", self.scope)
        self.rate = _rate(self.scope, "USER_RATE" if known else "ANONYMOUS_RATE")
        self.num_requests, self.duration = self.parse_rate(self.rate)
        self._request = request
        return super().allow_request(request, view)

    def throttle_success(self) -> bool:
        """Count the request."""
        self.history = [self.now] * ((self.count or _files(self._request)) - 1) + self.history
        return super().throttle_success()

    def get_cache_key(self, request: Request | HttpRequest, view: object) -> str | None:
        """Return whose requests are counted together; None to let the request pass."""
        if request.user and request.user.is_authenticated:
            return self.cache_format % {"scope": self.scope, "ident": f"user-{request.user.pk}"}
        if request.META.get("REMOTE_ADDR") == IN_PROCESS:
            return None
        return self.cache_format % {"scope": self.scope, "ident": self.get_ident(request)}


def _rate(scope: str, name: str) -> str | None:
    if scope == RequestThrottle.scope:
        return getattr(conf, name) or None
    return getattr(settings, f"{scope.upper()}_{name}") or None


def _files(request: Request | HttpRequest) -> int:
    """Return how many files a request brings, at least 1. A broken form is the view's affair."""
    try:
        return max(1, sum(len(files) for _, files in request.FILES.lists()))
    except (APIException, RequestDataTooBig, SuspiciousOperation):
        return 1
