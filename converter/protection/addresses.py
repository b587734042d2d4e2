"""Where a request comes from."""

from django.http import HttpRequest
from rest_framework.throttling import BaseThrottle


def client_address(request: HttpRequest) -> str:
    """Return the address of whoever asks, as far as NUM_PROXIES lets a proxy's word count."""
    return (BaseThrottle().get_ident(request) or "")[:100]
