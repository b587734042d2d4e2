"""What every endpoint of the plug-in brings along, whatever its host's REST settings are."""

from collections.abc import Callable

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import ParseError
from rest_framework.parsers import FormParser, JSONParser, MultiPartParser
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response

from classifier.api.authentication import TokenAuthentication
from classifier.api.errors import PayloadTooLarge, problem_response
from classifier.api.throttling import RequestThrottle


class PluginView:
    """A view mixin: who asks, how often, and one form for every refusal."""

    # The first one's header makes an answer to strangers 403 for pages, as they have sessions.
    authentication_classes = [SessionAuthentication, TokenAuthentication]
    throttle_classes = [RequestThrottle]
    parser_classes = [JSONParser, FormParser, MultiPartParser]
    renderer_classes = [JSONRenderer]

    def get_exception_handler(self) -> Callable:
        """Answer errors as problems."""
        return problem_response

    def handle_exception(self, exception: Exception) -> Response:
        """Give requests that Django refuses while parsing the same form."""
        if isinstance(exception, RequestDataTooBig):
            exception = PayloadTooLarge("The form's fields are too large.")
        elif isinstance(exception, SuspiciousOperation):
            exception = ParseError(f"The request was refused: {exception}")
        return super().handle_exception(exception)
