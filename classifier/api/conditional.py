"""Conditional requests: who has the present state already gets 304 and no body (RFC 9110, 13)."""

import hashlib
import json
from typing import Any

from django.http import HttpResponse
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.encoders import JSONEncoder


def conditional(request: Request, data: Any) -> HttpResponse:
    """Answer with data and its entity tag, or say that it has not changed."""
    text = json.dumps(data, cls=JSONEncoder, sort_keys=True)
    etag = quote_etag(hashlib.sha256(text.encode()).hexdigest())
    return get_conditional_response(request, etag, response=Response(data, headers={"ETag": etag}))


def unchanged(request: Request, etag: str) -> HttpResponse | None:
    """Return the answer for who has what this tag is of, None for who does not."""
    answer = get_conditional_response(request, etag)
    if answer is not None:
        answer["ETag"] = etag
    return answer
