"""What the endpoints that take images share: limits on bytes, and refusals in one wording."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.views import APIView

from classifier.api.base import PluginView
from classifier.api.errors import Busy, PayloadTooLarge
from classifier.conf import conf
from classifier.images import DecoderBusyError, ImageTooLargeError, UnreadableImageError

_FORM_ROOM = 64 * 2**10  # what a multipart body needs besides the files


class LimitedBody(PluginView, APIView):
    """An endpoint that takes one file, or with another `most_bytes()` several."""

    def most_bytes(self) -> int:
        """Return how many bytes of files a request may bring."""
        return conf.MAX_UPLOAD_BYTES

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse a body that is too large before it is received."""
        length = request.META.get("CONTENT_LENGTH") or ""
        if length.isdigit() and int(length) > self.most_bytes() + _FORM_ROOM:
            raise PayloadTooLarge(f"The request is larger than {_megabytes(self.most_bytes())}.")
        super().initial(request, *args, **kwargs)


@contextmanager
def opened(image: UploadedFile) -> Iterator[bytes]:
    """Give an upload's bytes to work with; what that finds wrong with the image is refused.

    Raises:
        PayloadTooLarge: for too many bytes or pixels.
        serializers.ValidationError: for what cannot be read as an image.
        Busy: if too many images are being read.
    """
    if image.size > conf.MAX_UPLOAD_BYTES:
        limit = _megabytes(conf.MAX_UPLOAD_BYTES)
        raise PayloadTooLarge(f"The file is larger than {limit}.")
    try:
        yield image.read()
    except ImageTooLargeError as error:
        raise PayloadTooLarge(str(error)) from error
    except UnreadableImageError as error:
        raise serializers.ValidationError({"image": [str(error)]}) from error
    except DecoderBusyError as error:
        raise Busy(str(error), error.retry_after) from error


def _megabytes(count: int) -> str:
    return f"{count / 2**20:.0f} MB"
