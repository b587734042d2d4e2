"""`POST classify/`: the type of an uploaded logo."""

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from drf_spectacular.utils import OpenApiResponse, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from classifier import serving
from classifier.api.errors import ErrorForm, NothingServes, PayloadTooLarge
from classifier.api.serializers import DetailSerializer
from classifier.api.throttling import AnonymousThrottle
from classifier.inference.manifest import ModelError
from classifier.logo_types import CLASS_NAMES

_FORM_ROOM = 64 * 2**10  # what a multipart body needs besides the file


class ImageUploadSerializer(serializers.Serializer):
    """A form with one image."""

    image = serializers.FileField(
        allow_empty_file=True, help_text="PNG, JPEG, WebP, GIF (first frame), BMP or TIFF."
    )
    method = serializers.ChoiceField(
        choices=["hybrid", "neural", "rules"],
        default="hybrid",
        help_text="hybrid takes the model, or the rules where no model can serve.",
    )
    time_budget_ms = serializers.FloatField(
        min_value=0,
        max_value=60_000,
        required=False,
        help_text="Less than the model needs lets the rules answer.",
    )


class ClassificationSerializer(serializers.Serializer):
    """An image's type."""

    logo_type = serializers.ChoiceField(choices=CLASS_NAMES)
    confidence = serializers.FloatField(min_value=0, max_value=1)
    certain = serializers.BooleanField(help_text="False: better ask a person.")
    probabilities = inline_serializer(
        "Probabilities",
        {name: serializers.FloatField(min_value=0, max_value=1) for name in CLASS_NAMES},
        help_text="One per type; they add up to 1.",
    )
    method = serializers.ChoiceField(choices=["neural", "rules"], help_text="What gave the answer.")
    reason = serializers.CharField(
        allow_blank=True, help_text="Of the rules: the measures that decided. Else empty."
    )
    model_version = serializers.CharField(allow_blank=True, help_text="Empty for the rules.")
    milliseconds = serializers.FloatField(help_text="From the file to the answer.")


ERRORS = {
    400: OpenApiResponse(description="The form has no image, or it cannot be read."),
    413: OpenApiResponse(DetailSerializer, "The file or the image is too large."),
    415: OpenApiResponse(DetailSerializer, "The request is not multipart/form-data."),
    429: OpenApiResponse(DetailSerializer, "Too many requests from this address."),
    503: OpenApiResponse(DetailSerializer, "No model can serve."),
}


class ClassifyView(ErrorForm, APIView):
    """Tells the type of a logo. Open to everybody."""

    permission_classes = [AllowAny]
    parser_classes = [MultiPartParser]
    throttle_classes = [AnonymousThrottle]

    @extend_schema(
        operation_id="classify",
        request=ImageUploadSerializer,
        responses={200: ClassificationSerializer, **ERRORS},
    )
    def post(self, request: Request) -> Response:
        """Classify an uploaded logo."""
        _check_length(request)
        form = ImageUploadSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        return Response(_classify(**form.validated_data))


def _check_length(request: Request) -> None:
    """Refuse a body that is too large before it is received."""
    length = request.META.get("CONTENT_LENGTH") or ""
    if length.isdigit() and int(length) > settings.CLASSIFIER_MAX_UPLOAD_BYTES + _FORM_ROOM:
        raise PayloadTooLarge(_too_large())


def _too_large() -> str:
    return f"The file is larger than {settings.CLASSIFIER_MAX_UPLOAD_BYTES / 2**20:.0f} MB."


def _classify(image: UploadedFile, method: str, time_budget_ms: float | None = None) -> dict:
    from classifier.inference.preprocessing import ImageTooLargeError, UnreadableImageError

    if image.size > settings.CLASSIFIER_MAX_UPLOAD_BYTES:
        raise PayloadTooLarge(_too_large())
    try:
        return serving.classify(image.read(), method, time_budget_ms).to_json()
    except UnreadableImageError as error:
        raise serializers.ValidationError({"image": [str(error)]}) from error
    except ImageTooLargeError as error:
        raise PayloadTooLarge(str(error)) from error
    except ModelError as error:
        raise NothingServes(f"No model can serve: {error}") from error
