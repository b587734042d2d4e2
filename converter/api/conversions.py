"""The converter's REST API: convert an image, look at the result, fetch the SVG."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers, status
from rest_framework.parsers import MultiPartParser
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from converter.api.batches import BatchSerializer, RouteSerializer, StorageFull, accepted
from converter.api.examples import BATCH_EXAMPLE, CONVERSION_EXAMPLE
from converter.api.outputs import OutputSerializer
from converter.conversion import ConversionError
from converter.delivery import file_response
from converter.images import RefusedImageError
from converter.intake import convert_upload
from converter.models import Batch, Conversion
from converter.outputs.formats import FORMATS, OutputError, OutputOptions
from converter.protection.quota import QuotaError
from converter.throttling import Conversions
from converter.uploads import check_upload_size


class ConversionRequestSerializer(RouteSerializer):
    """A logo, and its type or the preset to trace it with if the classifier is not to decide."""

    image = serializers.FileField(validators=[check_upload_size])


class ConversionSerializer(serializers.ModelSerializer):
    """A finished conversion."""

    svg = serializers.SerializerMethodField()

    class Meta:
        model = Conversion
        fields = (
            "id", "name", "width", "height", "logo_type", "confidence", "probabilities", "method",
            "model_version", "preset", "policy", "reason", "adjustments", "corrected", "notice",
            "fidelity", "paths", "shapes", "nodes", "colours", "svg_bytes", "milliseconds",
            "created_at", "svg",
        )  # fmt: skip

    def get_svg(self, conversion: Conversion) -> str:
        """Address of the drawing."""
        return reverse("api-conversion-svg", args=[conversion.pk])


class ConversionsView(Conversions, APIView):
    """Conversions of the visitor who asks."""

    permission_classes = [AllowAny]
    parser_classes = [MultiPartParser]

    @extend_schema(
        summary="Convert a logo",
        request=ConversionRequestSerializer,
        responses={
            201: ConversionSerializer,
            202: BatchSerializer,
            400: OpenApiResponse(description="Unusable image."),
        },
        examples=[CONVERSION_EXAMPLE, BATCH_EXAMPLE],
    )
    def post(self, request: Request) -> Response:
        """Convert an image to SVG. What takes long becomes a batch of one, which a worker converts.

        So does an image that comes while as many are converted as may be.
        """
        form = ConversionRequestSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        sent = form.validated_data
        try:
            found = convert_upload(request, sent["image"], sent["choice"])
        except QuotaError as error:
            raise StorageFull(str(error)) from error
        except (RefusedImageError, ConversionError) as error:
            raise serializers.ValidationError({"image": [str(error)]}) from error
        if isinstance(found, Batch):
            return accepted(found)
        return Response(ConversionSerializer(found).data, status=status.HTTP_201_CREATED)


class ConversionView(APIView):
    """One conversion of the visitor who asks."""

    permission_classes = [AllowAny]

    @extend_schema(
        summary="Look at a conversion",
        responses=ConversionSerializer,
        examples=[CONVERSION_EXAMPLE],
    )
    def get(self, request: Request, pk: UUID) -> Response:
        """Describe a conversion."""
        return Response(ConversionSerializer(_own(request, pk)).data)

    @extend_schema(
        summary="Delete a conversion",
        responses={204: OpenApiResponse(description="It is gone, with its files.")},
    )
    def delete(self, request: Request, pk: UUID) -> Response:
        """Delete a conversion with its upload and its drawing, at once."""
        _own(request, pk).delete_with_files()
        return Response(status=status.HTTP_204_NO_CONTENT)


class ConversionSvgView(APIView):
    """The drawing of one conversion."""

    permission_classes = [AllowAny]

    @extend_schema(
        summary="Fetch the SVG",
        responses={(200, "image/svg+xml"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, pk: UUID) -> HttpResponse:
        """Fetch the drawing as it was traced. `file/` has it in other formats, too."""
        return file_response(_own(request, pk), "svg", OutputOptions())


class ConversionFileView(APIView):
    """The drawing of one conversion in a format of choice."""

    permission_classes = [AllowAny]

    @extend_schema(
        summary="Fetch the drawing as SVG, PDF, EPS, PNG or DXF",
        parameters=[OutputSerializer],
        responses={(200, output.media_type): OpenApiTypes.BINARY for output in FORMATS.values()},
    )
    def get(self, request: Request, pk: UUID) -> HttpResponse:
        """Fetch the drawing in a format. `size` and `background` are for PNG, `width_mm` for DXF.

        PDF holds gradients and transparency; EPS gradients, and half-transparent parts mixed with
        white; DXF outlines in millimetres with a layer for each colour.
        """
        found = _own(request, pk)
        form = OutputSerializer(data=request.query_params)
        form.is_valid(raise_exception=True)
        chosen = form.validated_data
        try:
            return file_response(found, chosen["format"], chosen["options"])
        except OutputError as error:
            raise serializers.ValidationError({"format": [str(error)]}) from error


def _own(request: Request, pk: UUID) -> Conversion:
    return get_object_or_404(Conversion.objects.of_visitor(request), pk=pk)
