"""Model versions: which there are, which one serves, and their files."""

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from classifier import versions
from classifier.api.errors import Conflict
from classifier.api.resources import StaffViewSet
from classifier.api.serializers import DetailSerializer, VersionDetailSerializer, VersionSerializer
from classifier.inference.manifest import MANIFEST_NAME, ModelError, read_manifest, verified_bytes
from classifier.models import ModelVersion


class VersionViewSet(StaffViewSet):
    """Model versions."""

    queryset = ModelVersion.objects.all()
    serializer_class = VersionSerializer
    detail_serializer_class = VersionDetailSerializer
    filterset_fields = ["stage", "backbone", "bundled"]
    ordering_fields = ["created_at", "promoted_at", "name"]

    @extend_schema(request=None, responses={200: VersionSerializer, 409: DetailSerializer})
    @action(detail=True, methods=["post"])
    def promote(self, request: Request, pk: str) -> Response:
        """Let a version serve; the one that did is retired."""
        version = self.get_object()
        try:
            versions.promote(version)
        except ModelError as error:
            raise Conflict(f"{version} cannot serve: {error}") from error
        return Response(VersionSerializer(version).data)

    @extend_schema(request=None, responses={200: VersionSerializer, 409: DetailSerializer})
    @action(detail=True, methods=["post"])
    def retire(self, request: Request, pk: str) -> Response:
        """Put a candidate aside."""
        version = self.get_object()
        try:
            versions.retire(version)
        except versions.VersionError as error:
            raise Conflict(str(error)) from error
        return Response(VersionSerializer(version).data)

    @extend_schema(
        parameters=[OpenApiParameter("name", str, "path", description="A file of the manifest.")],
        responses={
            (200, "application/octet-stream"): OpenApiTypes.BINARY,
            404: DetailSerializer,
            409: DetailSerializer,
        },
    )
    @action(detail=True, url_path=r"files/(?P<name>[^/]+)")
    def files(self, request: Request, pk: str, name: str) -> HttpResponse:
        """Download a file of a version, checked against its hash."""
        version = self.get_object()
        if name not in (MANIFEST_NAME, *version.manifest["files"]):
            raise NotFound(f"{version} has no file {name}.")
        try:
            manifest = read_manifest(version.folder)
            if name == MANIFEST_NAME:
                content = (version.folder / name).read_bytes()
            else:
                content = verified_bytes(version.folder, manifest, name)
        except ModelError as error:
            raise Conflict(str(error)) from error
        return HttpResponse(
            content,
            content_type="application/octet-stream",
            headers={"Content-Disposition": f'attachment; filename="{version}-{name}"'},
        )
