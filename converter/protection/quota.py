"""How much visitors without an account may have stored, all of them together."""

from django.conf import settings
from django.core.cache import cache
from django.db.models import F, Sum
from django.http import HttpRequest

from converter.models import BatchItem, Conversion

_KEY, _SECONDS = "converter-stored-bytes", 5  # counting goes over all rows


class QuotaError(Exception):
    """Visitors without an account store as much as they may. Conversions expire by and by."""

    def __init__(self) -> None:
        super().__init__(
            "The room for visitors without an account is used up. Sign in, or try again tomorrow."
        )


def stored_bytes() -> int:
    """Return how many bytes of uploads and drawings are kept, as of some seconds ago."""
    known = cache.get(_KEY)
    if known is None:
        kept = Conversion.objects.aggregate(total=Sum(F("original_bytes") + F("svg_bytes")))
        waiting = BatchItem.objects.filter(status=BatchItem.Status.WAITING)
        known = (kept["total"] or 0) + (waiting.aggregate(n=Sum("upload_bytes"))["n"] or 0)
        cache.set(_KEY, known, _SECONDS)
    return known


def check_quota(request: HttpRequest, upload_bytes: int) -> None:
    """Let a request store so many bytes.

    Raises:
        QuotaError: if nobody is logged in and ANONYMOUS_STORED_BYTES are used up.
    """
    limit = settings.ANONYMOUS_STORED_BYTES
    if limit and not request.user.is_authenticated and stored_bytes() + upload_bytes > limit:
        raise QuotaError
