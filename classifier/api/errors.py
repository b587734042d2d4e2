"""What goes wrong in the API, and the one form in which it is answered: a problem (RFC 9457)."""

from http import HTTPStatus
from typing import Any

from drf_spectacular.utils import OpenApiResponse
from rest_framework import serializers, status
from rest_framework.exceptions import APIException
from rest_framework.response import Response
from rest_framework.views import exception_handler

from classifier.images import DecoderBusyError

MEDIA_TYPE = "application/problem+json"


class PayloadTooLarge(APIException):
    """The file, or the image in it, is larger than allowed."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = "The request is too large."
    default_code = "too_large"


class NothingServes(APIException):
    """No method can answer now."""

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_detail = "No model can serve at the moment."
    default_code = "unavailable"


class Busy(APIException):
    """Too much goes on at this moment; `Retry-After` says when to come back."""

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_code = "busy"

    def __init__(self, detail: str, retry_after: int) -> None:
        super().__init__(detail)
        self.wait = retry_after  # becomes the header


class Conflict(APIException):
    """The state of the thing does not allow the action."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "conflict"


class ProblemSerializer(serializers.Serializer):
    """What went wrong: RFC 9457, with the wrong fields in `errors`."""

    type = serializers.CharField(help_text="Always about:blank: the status says which kind.")
    title = serializers.CharField(help_text="What the status means.")
    status = serializers.IntegerField(min_value=400, max_value=599)
    detail = serializers.CharField(help_text="What is wrong with this request, for people.")
    errors = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField()),
        help_text="Messages by field; `config.batch_size` is a field inside another one.",
    )


def problem(status_code: int, content: Any) -> dict[str, Any]:
    """Return a problem of a status, given the detail of DRF's exception for it."""
    errors: dict[str, list[str]] = {}
    # A field of that name has a list of messages, DRF's own detail is one.
    if (
        isinstance(content, dict)
        and set(content) == {"detail"}
        and isinstance(content["detail"], str)
    ):
        detail = str(content["detail"])
    elif isinstance(content, dict | list):
        errors = _flat(content)
        detail = " ".join(f"{name}: {text}" for name, texts in errors.items() for text in texts)
    else:
        detail = str(content)
    return {
        "type": "about:blank",
        "title": HTTPStatus(status_code).phrase,
        "status": status_code,
        "detail": detail,
        "errors": errors,
    }


def problem_of(error: APIException) -> dict[str, Any]:
    """Return the problem that an exception is answered with."""
    return problem(error.status_code, error.detail)


def problem_response(error: Exception, context: dict[str, Any]) -> Response | None:
    """Answer an exception with a problem."""
    if isinstance(error, DecoderBusyError):
        error = Busy(str(error), error.retry_after)
    response = exception_handler(error, context)
    if response is not None:
        response.data = problem(response.status_code, response.data)
        response.content_type = MEDIA_TYPE
    return response


def problems(**descriptions: str) -> dict[tuple[int, str], OpenApiResponse]:
    """Return the documentation of an endpoint's problems, such as `_409="It serves."`."""
    return {
        (int(name.strip("_")), MEDIA_TYPE): OpenApiResponse(ProblemSerializer, description)
        for name, description in descriptions.items()
    }


def _flat(content: Any, name: str = "") -> dict[str, list[str]]:
    """Turn nested messages into lists by dotted name."""
    if isinstance(content, dict):
        parts = content.items()
    elif isinstance(content, list) and any(isinstance(part, dict | list) for part in content):
        parts = enumerate(content)
    else:
        texts = content if isinstance(content, list) else [content]
        return {name or "request": [str(text) for text in texts]} if texts else {}
    flat: dict[str, list[str]] = {}
    for key, value in parts:
        for inner, texts in _flat(value, f"{name}.{key}" if name else str(key)).items():
            flat.setdefault(inner, []).extend(texts)
    return flat
