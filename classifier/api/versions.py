"""Model versions: which there are, which one serves, and their files."""

from collections.abc import Callable
from functools import partial

from django.core.files.uploadedfile import UploadedFile
from django.http import FileResponse, HttpResponse
from django.utils.http import quote_etag
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound, PermissionDenied
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from classifier.api.conditional import unchanged
from classifier.api.errors import Conflict, PayloadTooLarge, problems
from classifier.api.resources import StaffViewSet
from classifier.api.serializers import VersionDetailSerializer, VersionSerializer
from classifier.conf import conf
from classifier.inference.manifest import MANIFEST_NAME, ModelError, open_verified
from classifier.models import ModelVersion
from classifier.versions import promotion
from classifier.versions.gate import GateError, OverrideForbiddenError, ReasonMissingError
from classifier.versions.history import version_before
from classifier.versions.importing import InvalidArchiveError, import_version
from classifier.versions.registry import VersionError

_REFUSED = problems(_409="The state of the version or its files do not allow it.")


class VersionArchiveSerializer(serializers.Serializer):
    """A version folder as a zip file."""

    file = serializers.FileField(
        help_text="manifest.json and the files that it names, alone or in one folder."
    )

    def validate_file(self, file: UploadedFile) -> UploadedFile:
        """Refuse a file that is larger than a version may be."""
        limit = conf.MAX_VERSION_BYTES
        if file.size > limit:
            raise PayloadTooLarge(f"The file is larger than {limit / 2**20:.0f} MB.")
        return file


class PromotionRequestSerializer(serializers.Serializer):
    """Why a version is to serve."""

    reason = serializers.CharField(
        max_length=2000,
        default="",
        allow_blank=True,
        help_text="Has to be given for a version with a red check.",
    )


class VersionViewSet(StaffViewSet):
    """Model versions."""

    queryset = ModelVersion.objects.all()
    serializer_class = VersionSerializer
    detail_serializer_class = VersionDetailSerializer
    filterset_fields = ["stage", "backbone", "bundled"]
    ordering_fields = ["created_at", "promoted_at", "name"]

    @extend_schema(
        request=PromotionRequestSerializer,
        responses={
            200: VersionSerializer,
            **problems(
                _403="Its gate refuses it, and you lack the right override_gate.",
                _409="Its gate refuses it and no reason was given, or its files cannot serve.",
            ),
        },
    )
    @action(detail=True, methods=["post"])
    def promote(self, request: Request, pk: str) -> Response:
        """Let a version serve; the one that did is retired. `errors.gate` says what is red."""
        form = PromotionRequestSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        reason = form.validated_data["reason"]
        try:
            return self._change(partial(promotion.promote, by=request.user, reason=reason))
        except OverrideForbiddenError as error:
            raise PermissionDenied({"gate": error.reasons, "right": [error.wanted]}) from error
        except ReasonMissingError as error:
            raise Conflict({"gate": error.reasons, "reason": [error.wanted]}) from error

    @extend_schema(
        request=PromotionRequestSerializer,
        responses={200: VersionSerializer, **_REFUSED},
        filters=False,
    )
    @action(detail=False, methods=["post"], url_path="roll-back", pagination_class=None)
    def roll_back(self, request: Request) -> Response:
        """Let the version serve again that served before the present one. It passes no gate."""
        form = PromotionRequestSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        before = version_before()
        if before is None:
            raise Conflict("There is no version to go back to: see the promotions.")
        back = partial(promotion.roll_back, by=request.user, reason=form.validated_data["reason"])
        return self._changed(before, back)

    @extend_schema(request=None, responses={200: VersionSerializer, **_REFUSED})
    @action(detail=True, methods=["post"])
    def retire(self, request: Request, pk: str) -> Response:
        """Put a candidate aside."""
        return self._change(promotion.retire)

    @extend_schema(request=None, responses={200: VersionSerializer, **_REFUSED})
    @action(detail=True, methods=["post"])
    def shadow(self, request: Request, pk: str) -> Response:
        """Let a candidate answer live uploads beside production, unseen."""
        return self._change(promotion.set_shadow)

    @extend_schema(request=None, responses={200: VersionSerializer, **_REFUSED})
    @action(detail=True, methods=["post"], url_path="end-shadow")
    def end_shadow(self, request: Request, pk: str) -> Response:
        """Make the shadow a candidate again; its answers are kept."""
        return self._change(promotion.end_shadow)

    def _change(self, change: Callable[[ModelVersion], None]) -> Response:
        return self._changed(self.get_object(), change)

    def _changed(self, version: ModelVersion, change: Callable[[ModelVersion], None]) -> Response:
        try:
            change(version)
        except ModelError as error:
            raise Conflict(f"{version} cannot serve: {error}") from error
        except GateError:
            raise
        except VersionError as error:
            raise Conflict(str(error)) from error
        return Response(VersionSerializer(version).data)

    @extend_schema(
        operation_id="versions_import",
        request=VersionArchiveSerializer,
        responses={
            201: VersionDetailSerializer,
            **problems(
                _400="The archive is no version, or a file of it does not match its hash.",
                _409="There is another version of that name.",
                _413="The archive is too large.",
            ),
        },
        filters=False,
    )
    @action(
        detail=False,
        methods=["post"],
        url_path="import",
        parser_classes=[MultiPartParser],
        pagination_class=None,
    )
    def import_archive(self, request: Request) -> Response:
        """Register a version folder, sent as a zip file, as a candidate."""
        form = VersionArchiveSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        try:
            version = import_version(form.validated_data["file"])
        except (InvalidArchiveError, ModelError) as error:
            raise serializers.ValidationError({"file": [str(error)]}) from error
        except VersionError as error:
            raise Conflict(str(error)) from error
        return Response(VersionDetailSerializer(version).data, status=status.HTTP_201_CREATED)

    @extend_schema(
        parameters=[OpenApiParameter("name", str, "path", description="A file of the manifest.")],
        responses={
            (200, "application/octet-stream"): OpenApiTypes.BINARY,
            **problems(_404="There is no such file.", _409="The file is damaged or gone."),
        },
    )
    @action(detail=True, url_path=r"files/(?P<name>[^/]+)")
    def files(self, request: Request, pk: str, name: str) -> HttpResponse:
        """Download a file of a version, checked against its hash, which is its ETag."""
        version = self.get_object()
        digests = {**version.manifest["files"], MANIFEST_NAME: version.manifest_sha256}
        if name not in digests:
            raise NotFound(f"{version} has no file {name}.")
        etag = quote_etag(digests[name])
        answer = unchanged(request, etag)
        if answer is not None:
            return answer
        try:
            file = open_verified(version.folder / name, digests[name])
        except ModelError as error:
            raise Conflict(str(error)) from error
        return FileResponse(
            file,
            as_attachment=True,
            filename=f"{version}-{name}",
            content_type="application/octet-stream",
            headers={"ETag": etag},
        )
