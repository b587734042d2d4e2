"""What goes wrong in the API, in DRF's error form."""

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from rest_framework import status
from rest_framework.exceptions import APIException, ParseError
from rest_framework.response import Response


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


class Conflict(APIException):
    """The state of the thing does not allow the action."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "conflict"


class ErrorForm:
    """A view mixin: requests that Django refuses while parsing get DRF's error form, too."""

    def handle_exception(self, exception: Exception) -> Response:
        """Answer an exception."""
        if isinstance(exception, RequestDataTooBig):
            exception = PayloadTooLarge("The form's fields are too large.")
        elif isinstance(exception, SuspiciousOperation):
            exception = ParseError(f"The request was refused: {exception}")
        return super().handle_exception(exception)
