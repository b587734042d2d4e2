"""Live answers: reading them, and saying whether one was right."""

import time
from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from classifier.api.errors import problems
from classifier.api.resources import StaffViewSet
from classifier.api.throttling import RequestThrottle
from classifier.live.recording import GATHERING_SECONDS, recorder
from classifier.logo_types import CLASS_NAMES
from classifier.models import LivePrediction


class PredictionSerializer(serializers.ModelSerializer):
    """An answer that was given, and what the caller said of it."""

    logo_type = serializers.ChoiceField(choices=CLASS_NAMES)
    true_type = serializers.ChoiceField(choices=CLASS_NAMES, allow_blank=True)

    class Meta:
        model = LivePrediction
        fields = [
            "id",
            "logo_type",
            "confidence",
            "certain",
            "familiar",
            "method",
            "model_version",
            "milliseconds",
            "cached",
            "right",
            "true_type",
            "created_at",
        ]


class FeedbackSerializer(serializers.Serializer):
    """Whether an answer was right."""

    right = serializers.BooleanField()
    true_type = serializers.ChoiceField(
        choices=CLASS_NAMES,
        allow_blank=True,
        default="",
        help_text="Of a wrong answer: what it should have been.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Want a type for wrong answers only, and another one than was given."""
        given = self.context["prediction"].logo_type
        if attrs["right"] and attrs["true_type"] not in ("", given):
            raise serializers.ValidationError({"true_type": f"A right answer was {given}."})
        if not attrs["right"] and attrs["true_type"] == given:
            raise serializers.ValidationError({"true_type": f"The answer was {given}."})
        return attrs


class PredictionViewSet(StaffViewSet):
    """Live answers."""

    queryset = LivePrediction.objects.all()
    serializer_class = PredictionSerializer
    lookup_value_regex = r"[0-9a-f-]{36}"
    filterset_fields = {
        "logo_type": ["exact"],
        "method": ["exact"],
        "model_version": ["exact"],
        "certain": ["exact"],
        "familiar": ["exact", "isnull"],
        "cached": ["exact"],
        "right": ["exact", "isnull"],
        "created_at": ["gte", "lt"],
    }
    ordering_fields = ["created_at", "confidence", "milliseconds"]

    @extend_schema(
        request=FeedbackSerializer,
        responses={200: FeedbackSerializer, **problems(_404="There is no such answer.")},
    )
    @action(
        detail=True,
        methods=["post"],
        permission_classes=[AllowAny],
        throttle_classes=[RequestThrottle],
    )
    def feedback(self, request: Request, pk: str) -> Response:
        """Say whether an answer was right. Open to whoever knows its id; the last word counts."""
        prediction = self._recorded()
        form = FeedbackSerializer(data=request.data, context={"prediction": prediction})
        form.is_valid(raise_exception=True)
        prediction.right = form.validated_data["right"]
        prediction.true_type = form.validated_data["true_type"]
        prediction.save(update_fields=["right", "true_type"])
        return Response(form.validated_data)

    def _recorded(self) -> LivePrediction:
        """Return the answer that is asked for, though it be so new that it is not stored yet.

        Raises:
            Http404: if there is no such answer.
        """
        recorder.flush()
        try:
            return self.get_object()
        except Http404:
            time.sleep(2 * GATHERING_SECONDS)  # another process may have given it
            return self.get_object()
