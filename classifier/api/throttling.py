"""How often strangers may ask."""

from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import AnonRateThrottle
from rest_framework.views import APIView

IN_PROCESS = "in-process"  # the address that calls from this very process give


class AnonymousThrottle(AnonRateThrottle):
    """Limits requests without an account, by address: see CLASSIFIER_ANONYMOUS_RATE."""

    def get_rate(self) -> str | None:
        """Return the rate, None for no limit."""
        return settings.CLASSIFIER_ANONYMOUS_RATE or None

    def get_cache_key(self, request: Request, view: APIView) -> str | None:
        """Return whose requests are counted together; None to let the request pass."""
        if request.META.get("REMOTE_ADDR") == IN_PROCESS:
            return None
        return super().get_cache_key(request, view)
