"""How many logos one user, or one address without an account, may have converted."""

import math

from django.conf import settings
from django.http import HttpRequest
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle


class ConversionThrottle(SimpleRateThrottle):
    """Limits conversions: see CONVERTER_USER_RATE and CONVERTER_ANONYMOUS_RATE.

    A request with many files counts as many. Pages and the API count together.
    """

    scope = "conversion"
    logos = 0  # that a request without files asks for

    def get_rate(self) -> None:
        """Leave the rate to the request: it depends on who asks."""

    def allow_request(self, request: Request | HttpRequest, view: object) -> bool:
        """Return whether the request may pass."""
        known = request.user.is_authenticated
        rate = settings.CONVERTER_USER_RATE if known else settings.CONVERTER_ANONYMOUS_RATE
        self.rate = rate or None
        self.num_requests, self.duration = self.parse_rate(self.rate)
        self.logos = self.logos or sum(len(files) for _, files in request.FILES.lists())
        return super().allow_request(request, view)

    def throttle_success(self) -> bool:
        """Count the logos."""
        self.history = [self.now] * (self.logos - 1) + self.history
        return super().throttle_success()

    def get_cache_key(self, request: Request | HttpRequest, view: object) -> str:
        """Return whose conversions are counted together."""
        user = request.user
        ident = f"user-{user.pk}" if user.is_authenticated else self.get_ident(request)
        return self.cache_format % {"scope": self.scope, "ident": ident}


def too_many(request: HttpRequest, logos: int = 0) -> str:
    """Count a page's request; return what to tell the visitor if there were too many.

    It counts as many as it has files, or as `logos` if that is given.
    """
    throttle = ConversionThrottle()
    throttle.logos = logos
    if throttle.allow_request(request, None):
        return ""
    seconds = math.ceil(throttle.wait() or throttle.duration)
    return f"That is more logos than one visitor may convert. Try again in {seconds} seconds."
