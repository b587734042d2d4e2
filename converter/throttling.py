"""How many logos one user, or one address without an account, may have converted.

Pages and the API count together: see CONVERTER_USER_RATE and CONVERTER_ANONYMOUS_RATE, and for
drawings that are adjusted ADJUSTING_USER_RATE and ADJUSTING_ANONYMOUS_RATE. The REST
settings name the throttle, so that pages ask the very one that the API asks.
"""

import math

from django.http import HttpRequest
from rest_framework.settings import api_settings


class Conversions:
    """Counts a view's requests as conversions: a mixin for views of the API."""

    throttle_scope = "converter"
    refusal = "That is more logos than one visitor may convert."


class Adjusting:
    """Counts a view's requests as drawings that are made anew while somebody moves controls."""

    throttle_scope = "adjusting"
    refusal = "That is more changes than are drawn for one visitor."


def too_many(request: HttpRequest, logos: int = 0, kind: type = Conversions) -> str:
    """Count a page's request; return what to tell the visitor if there were too many.

    It counts as many as it has files, or as `logos` if that is given.
    """
    for throttle_class in api_settings.DEFAULT_THROTTLE_CLASSES:
        throttle = throttle_class()
        throttle.count = logos
        if not throttle.allow_request(request, kind()):
            seconds = math.ceil(throttle.wait() or throttle.duration)
            return f"{kind.refusal} Try again in {seconds} second{'s' * (seconds != 1)}."
    return ""
