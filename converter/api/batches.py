"""The REST API of batches: many images as one job, its progress, its results and its end."""

from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.http import FileResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.exceptions import APIException
from rest_framework.parsers import MultiPartParser
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from converter.adjusting.options import AdjustmentError, check_adjustable
from converter.api.adjustments import AdjustmentsSerializer
from converter.api.examples import BATCH_EXAMPLE
from converter.api.outputs import ArchiveSerializer
from converter.batches import cancel_batch, delete_items, progress_of
from converter.conversion import Choice
from converter.delivery import zip_response
from converter.intake import take_uploads
from converter.models import Batch, BatchItem
from converter.outputs.formats import FORMATS
from converter.presets import LOGO_TYPES, PRESETS
from converter.protection.quota import QuotaError
from converter.throttling import Conversions
from converter.uploads import check_upload_count, check_upload_size


class StorageFull(APIException):
    """Visitors without an account store as much as they may."""

    status_code = status.HTTP_507_INSUFFICIENT_STORAGE
    default_code = "storage_full"


class RouteSerializer(AdjustmentsSerializer):
    """The type or the preset, if the classifier is not to decide, and what is changed of it."""

    preset = serializers.ChoiceField(choices=list(PRESETS), default="")
    logo_type = serializers.ChoiceField(choices=list(LOGO_TYPES), default="")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Make the `choice` of what was given: a type or a preset, not both."""
        if attrs["preset"] and attrs["logo_type"]:
            raise serializers.ValidationError("Send either preset or logo_type, not both.")
        attrs = super().validate(attrs)
        try:
            check_adjustable(attrs["preset"], attrs["adjustments"])
        except AdjustmentError as error:
            raise serializers.ValidationError({error.option: [str(error)]}) from error
        attrs["choice"] = Choice(attrs["preset"], attrs["logo_type"], attrs["adjustments"])
        return attrs


class BatchRequestSerializer(RouteSerializer):
    """Logos, each in a field `images`."""

    images = serializers.ListField(
        child=serializers.FileField(validators=[check_upload_size]), allow_empty=False
    )

    def validate_images(self, images: list[Any]) -> list[Any]:
        """Refuse too many."""
        try:
            check_upload_count(images)
        except ValidationError as error:
            raise serializers.ValidationError(error.messages) from error
        return images


class BatchItemSerializer(serializers.ModelSerializer):
    """What became of one image."""

    conversion = serializers.SerializerMethodField(
        help_text="Address of the conversion; empty unless the status is done."
    )

    class Meta:
        model = BatchItem
        fields = ("position", "name", "status", "message", "conversion")

    def get_conversion(self, item: BatchItem) -> str:
        """Address of the conversion."""
        found = item.conversion_id
        return reverse("api-conversion", args=[found]) if found else ""


class ProgressSerializer(serializers.Serializer):
    """How far a batch is."""

    total = serializers.IntegerField()
    done = serializers.IntegerField()
    failed = serializers.IntegerField()
    cancelled = serializers.IntegerField()
    share = serializers.FloatField(min_value=0, max_value=1, help_text="Of the images: over.")
    seconds_left = serializers.FloatField(allow_null=True)
    is_active = serializers.BooleanField(help_text="Whether images wait.")


class BatchSerializer(serializers.ModelSerializer):
    """A batch with its images."""

    progress = serializers.SerializerMethodField()
    items = BatchItemSerializer(many=True)
    url = serializers.SerializerMethodField()
    zip = serializers.SerializerMethodField()

    class Meta:
        model = Batch
        fields = (
            "id", "url", "zip", "preset", "logo_type", "adjustments", "created_at", "progress",
            "items",
        )  # fmt: skip

    @extend_schema_field(ProgressSerializer)
    def get_progress(self, batch: Batch) -> dict[str, Any]:
        """How far it is."""
        return ProgressSerializer(progress_of(batch)).data

    def get_url(self, batch: Batch) -> str:
        """Address of the batch."""
        return reverse("api-batch", args=[batch.pk])

    def get_zip(self, batch: Batch) -> str:
        """Address of all its drawings as one file."""
        return reverse("api-batch-zip", args=[batch.pk])


def accepted(batch: Batch) -> Response:
    """Return the answer to a request that a batch was made of: 202 with its address."""
    data = BatchSerializer(batch).data
    return Response(data, status.HTTP_202_ACCEPTED, headers={"Location": data["url"]})


class BatchesView(Conversions, APIView):
    """Batches of the visitor who asks."""

    permission_classes = [AllowAny]
    parser_classes = [MultiPartParser]

    @extend_schema(
        summary="Convert many logos as one job",
        request=BatchRequestSerializer,
        responses={202: BatchSerializer, 400: OpenApiResponse(description="Unusable request.")},
        examples=[BATCH_EXAMPLE],
    )
    def post(self, request: Request) -> Response:
        """Have several images converted to SVG. What is wrong with an image stands in its item."""
        form = BatchRequestSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        sent = form.validated_data
        try:
            return accepted(take_uploads(request, sent["images"], sent["choice"]))
        except QuotaError as error:
            raise StorageFull(str(error)) from error


class BatchView(APIView):
    """One batch of the visitor who asks."""

    permission_classes = [AllowAny]

    @extend_schema(summary="Look at a batch", responses=BatchSerializer, examples=[BATCH_EXAMPLE])
    def get(self, request: Request, pk: UUID) -> Response:
        """Say how far a batch is, and what became of each image."""
        return Response(BatchSerializer(_own(request, pk)).data)

    @extend_schema(
        summary="Delete a batch",
        responses={204: OpenApiResponse(description="It is gone, with all its files.")},
    )
    def delete(self, request: Request, pk: UUID) -> Response:
        """Delete a batch with all its uploads and drawings, at once."""
        batch = _own(request, pk)
        delete_items(batch, batch.items.select_related("conversion"))
        return Response(status=status.HTTP_204_NO_CONTENT)


class BatchCancelView(APIView):
    """The end of a batch that goes on."""

    permission_classes = [AllowAny]

    @extend_schema(
        summary="Cancel a batch",
        request=None,
        responses=BatchSerializer,
        examples=[BATCH_EXAMPLE],
    )
    def post(self, request: Request, pk: UUID) -> Response:
        """Take back what waits. What was converted stays."""
        batch = _own(request, pk)
        cancel_batch(batch)
        return Response(BatchSerializer(batch).data)


class BatchZipView(APIView):
    """The drawings of one batch."""

    permission_classes = [AllowAny]

    @extend_schema(
        summary="Fetch a batch's drawings as one zip file",
        parameters=[ArchiveSerializer],
        responses={(200, "application/zip"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, pk: UUID) -> FileResponse:
        """Fetch the drawings that there are by now, each in all formats that were asked for."""
        found = _own(request, pk)
        form = ArchiveSerializer(data=request.query_params)
        form.is_valid(raise_exception=True)
        chosen = form.validated_data
        formats = [name for name in FORMATS if name in chosen["format"]] or ["svg"]
        return zip_response(found.drawings(), formats, chosen["options"])


def _own(request: Request, pk: UUID) -> Batch:
    return get_object_or_404(Batch.objects.of_visitor(request), pk=pk)
