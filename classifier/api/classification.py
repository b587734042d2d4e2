"""`POST classify/`: the type of one uploaded logo, or of many."""

from typing import Any

from django.core.files.uploadedfile import UploadedFile
from drf_spectacular.utils import (
    OpenApiExample,
    PolymorphicProxySerializer,
    extend_schema,
    inline_serializer,
)
from rest_framework import serializers
from rest_framework.exceptions import APIException
from rest_framework.parsers import MultiPartParser
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from classifier.api.errors import (
    Busy,
    NothingServes,
    PayloadTooLarge,
    ProblemSerializer,
    problem_of,
    problems,
)
from classifier.api.throttling import RequestThrottle
from classifier.api.uploads import LimitedBody, opened
from classifier.conf import conf
from classifier.inference.manifest import ModelError
from classifier.live import shadow, traffic
from classifier.logo_types import CLASS_NAMES
from classifier.models import Evaluation


class ImageUploadSerializer(serializers.Serializer):
    """A form with one image, or with many."""

    image = serializers.FileField(
        allow_empty_file=True,
        required=False,
        help_text="PNG, JPEG, WebP, GIF (first frame), BMP or TIFF.",
    )
    images = serializers.ListField(
        child=serializers.FileField(allow_empty_file=True),
        allow_empty=False,
        max_length=conf.MAX_IMAGES,
        required=False,
        help_text="Instead of `image`: several of them, each in a field of this name.",
    )
    method = serializers.ChoiceField(
        choices=Evaluation.Method.choices,
        default="hybrid",
        help_text="hybrid takes the model, or the rules where no model can serve.",
    )
    time_budget_ms = serializers.FloatField(
        min_value=0,
        max_value=60_000,
        required=False,
        help_text="For each image; less than the model needs lets the rules answer.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Want either one image or several, and not too much of them."""
        if ("image" in attrs) == ("images" in attrs):
            raise serializers.ValidationError({"image": "Send either image or images."})
        limit = conf.MAX_IMAGES_BYTES
        if sum(file.size for file in attrs.get("images", ())) > limit:
            raise PayloadTooLarge(f"The images are larger than {limit / 2**20:.0f} MB in all.")
        return attrs


class ClassificationSerializer(serializers.Serializer):
    """An image's type."""

    id = serializers.UUIDField(help_text="To say later whether the answer was right.")
    logo_type = serializers.ChoiceField(choices=CLASS_NAMES)
    confidence = serializers.FloatField(min_value=0, max_value=1)
    certain = serializers.BooleanField(help_text="False: better ask a person.")
    familiar = serializers.BooleanField(
        allow_null=True,
        help_text="False: it does not look like a logo. Null: what answered cannot tell.",
    )
    probabilities = inline_serializer(
        "Probabilities",
        {name: serializers.FloatField(min_value=0, max_value=1) for name in CLASS_NAMES},
        help_text="One per type; they add up to 1.",
    )
    method = serializers.ChoiceField(
        choices=["neural", "rules", "hybrid"],
        help_text="What gave the answer; hybrid: the model and the rules together.",
    )
    reason = serializers.CharField(
        allow_blank=True, help_text="Of the rules: the measures that decided. Else empty."
    )
    model_version = serializers.CharField(allow_blank=True, help_text="Empty for the rules.")
    milliseconds = serializers.FloatField(help_text="From the file to the answer.")
    cached = serializers.BooleanField(help_text="The same file was answered before.")


class ResultSerializer(serializers.Serializer):
    """What became of one of many images: an answer or a problem."""

    name = serializers.CharField(allow_blank=True, help_text="Of the file, as it was sent.")
    answer = ClassificationSerializer(allow_null=True)
    problem = ProblemSerializer(allow_null=True)


class ResultsSerializer(serializers.Serializer):
    """What became of many images, in their order."""

    results = ResultSerializer(many=True)


_EXAMPLE = OpenApiExample(
    "One image",
    response_only=True,
    status_codes=["200"],
    value={
        "id": "5a0c2b1e-9a77-4c8e-8c1d-2f6f0d5b7e10",
        "logo_type": "text",
        "confidence": 0.91,
        "certain": True,
        "probabilities": {"simple": 0.05, "text": 0.91, "gradient": 0.01, "complex": 0.03},
        "method": "hybrid",
        "reason": "",
        "model_version": "lite0-128-6",
        "milliseconds": 9.4,
        "cached": False,
    },
)


class ClassifyView(LimitedBody):
    """Tells the type of a logo, or of many. Open to everybody."""

    permission_classes = [AllowAny]
    parser_classes = [MultiPartParser]
    throttle_classes = [RequestThrottle]

    def most_bytes(self) -> int:
        """Return the larger of the limits for one file and for several."""
        return max(conf.MAX_UPLOAD_BYTES, conf.MAX_IMAGES_BYTES)

    @extend_schema(
        operation_id="classify",
        examples=[_EXAMPLE],
        request=ImageUploadSerializer,
        responses={
            200: PolymorphicProxySerializer(
                "ClassificationOrResults",
                [ClassificationSerializer, ResultsSerializer],
                resource_type_field_name=None,
            ),
            **problems(
                _400="The form has no image, or it cannot be read.",
                _413="A file, an image or the request is too large.",
                _415="The request is not multipart/form-data.",
                _429="Too many images from this address.",
                _503="No model can serve, or too many images are being read.",
            ),
        },
    )
    def post(self, request: Request) -> Response:
        """Classify an uploaded logo, or several."""
        form = ImageUploadSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        options = form.validated_data
        method, budget_ms = options["method"], options.get("time_budget_ms")
        if "image" in options:
            image = options["image"]
            return Response(_recorded([(_classify(image, method, budget_ms), image)])[0])
        return Response({"results": _classify_all(options["images"], method, budget_ms)})


def _classify_all(
    images: list[UploadedFile], method: str, budget_ms: float | None
) -> list[dict[str, Any]]:
    """Classify images; an unusable one gets its problem and does not stop the others."""
    answered, problem_at = [], {}
    for position, image in enumerate(images):
        try:
            answered.append((_classify(image, method, budget_ms), image))
        except (NothingServes, Busy):
            raise
        except APIException as error:
            problem_at[position] = problem_of(error)
    answers = iter(_recorded(answered))
    return [
        {
            "name": image.name,
            "answer": None if position in problem_at else next(answers),
            "problem": problem_at.get(position),
        }
        for position, image in enumerate(images)
    ]


def _classify(image: UploadedFile, method: str, budget_ms: float | None) -> dict[str, Any]:
    try:
        with opened(image) as content:
            return traffic.answer(content, method, budget_ms)
    except ModelError as error:
        raise NothingServes(f"No model can serve: {error}") from error


def _recorded(answered: list[tuple[dict[str, Any], UploadedFile]]) -> list[dict[str, Any]]:
    """Record answers, show their images to the shadow, and return them with their ids."""
    rows = traffic.record([answer for answer, _ in answered])
    pairs = list(zip(rows, answered, strict=True))
    shadow.show({row.pk: image for row, (answer, image) in pairs if not answer["cached"]})
    return [{"id": row.pk, **answer} for row, (answer, _) in pairs]
