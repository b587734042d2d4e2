"""`POST proposals/`: a logo for the data set, by an uploader who agrees to that."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import PermissionDenied
from rest_framework.parsers import MultiPartParser
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from classifier.api.errors import problems
from classifier.api.throttling import RequestThrottle
from classifier.api.uploads import LimitedBody, opened
from classifier.datasets.proposals import ProposalError, propose
from classifier.logo_types import CLASS_NAMES
from classifier.models import Proposal


class ProposalRequestSerializer(serializers.Serializer):
    """A logo, its type, and that the uploader agrees."""

    image = serializers.FileField(help_text="PNG, JPEG, WebP, GIF (first frame), BMP or TIFF.")
    label = serializers.ChoiceField(choices=CLASS_NAMES, help_text="What type it is.")
    answered = serializers.ChoiceField(
        choices=CLASS_NAMES, default="", help_text="What the classifier said, if it was asked."
    )
    consent = serializers.BooleanField(
        help_text="The uploader agrees that the logo is kept and learnt from; must be true."
    )

    def validate_consent(self, value: bool) -> bool:
        """Refuse a proposal without consent."""
        if not value:
            raise serializers.ValidationError("Without consent the logo is not kept.")
        return value


class ProposalSerializer(serializers.ModelSerializer):
    """A proposal that was taken."""

    label = serializers.ChoiceField(choices=CLASS_NAMES)

    class Meta:
        model = Proposal
        fields = ("sha256", "label", "status", "consent_at")


class ProposalsView(LimitedBody):
    """Takes proposals, where the installation collects them."""

    permission_classes = [AllowAny]
    parser_classes = [MultiPartParser]
    throttle_classes = [RequestThrottle]

    @extend_schema(
        request=ProposalRequestSerializer,
        responses={
            201: ProposalSerializer,
            **problems(
                _400="The image or a field cannot be used.",
                _403="This installation takes no proposals, or no more.",
                _413="The image is too large.",
                _429="Too many requests.",
                _503="Too many images are being read.",
            ),
        },
    )
    def post(self, request: Request) -> Response:
        """Propose a logo. Nothing learns from it before a person has accepted it."""
        form = ProposalRequestSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        sent = form.validated_data
        try:
            with opened(sent["image"]) as content:
                found = propose(content, sent["label"], sent["answered"])
        except ProposalError as error:
            raise PermissionDenied(str(error)) from error
        return Response(ProposalSerializer(found).data, status=status.HTTP_201_CREATED)
