"""`GET health/`: whether the version in production serves."""

from drf_spectacular.utils import OpenApiResponse, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from classifier.api.base import PluginView
from classifier.live import serving

_HEALTH = inline_serializer("Health", {"problem": serializers.CharField(allow_blank=True)})


class HealthView(PluginView, APIView):
    """What, if anything, keeps the version in production from serving."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(
        responses={200: _HEALTH, 503: OpenApiResponse(_HEALTH, "The version does not serve.")}
    )
    def get(self, request: Request) -> Response:
        """Say what is wrong: 503 if the version in production does not serve in this process."""
        problem = serving.serving_problem()
        return Response({"problem": problem}, status=503 if problem else 200)
