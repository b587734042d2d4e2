"""What goes on by itself, to be read: retrainings, and what people and programs were told of."""

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.views import APIView

from classifier.api.permissions import StaffPermission
from classifier.api.resources import StaffViewSet
from classifier.models import Delivery, Notice, Retraining


class RetrainingSerializer(serializers.ModelSerializer):
    """A retraining. `result` compares its candidate with production, once that was done."""

    candidate = serializers.SerializerMethodField()
    plan = serializers.DictField()
    result = serializers.DictField()

    class Meta:
        model = Retraining
        fields = [
            "id",
            "status",
            "stage",
            "progress",
            "error",
            "production",
            "base",
            "dataset",
            "run",
            "candidate",
            "plan",
            "corrections",
            "proposals",
            "result",
            "created_at",
            "finished_at",
        ]

    def get_candidate(self, row: Retraining) -> int | None:
        """Return the version that came of it, null before it is there."""
        return row.candidate.pk if row.candidate else None


class DeliverySerializer(serializers.ModelSerializer):
    """A notice on its way to one subscriber."""

    channel = serializers.CharField(source="subscription.channel")
    address = serializers.CharField(source="subscription.address")
    state = serializers.ChoiceField(choices=["delivered", "waiting", "given up"])

    class Meta:
        model = Delivery
        fields = ["channel", "address", "state", "attempts", "next_at", "done_at", "answer"]


class NoticeSerializer(serializers.ModelSerializer):
    """Something that happened, and whom it was told."""

    data = serializers.DictField()
    deliveries = DeliverySerializer(many=True)

    class Meta:
        model = Notice
        fields = ["id", "event", "subject", "text", "data", "at", "deliveries"]


class NoticePermission(StaffPermission):
    """Staff who may see subscriptions: their addresses are in it."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Return whether the request may pass."""
        is_staff = super().has_permission(request, view)
        return bool(is_staff and request.user.has_perm("classifier.view_subscription"))


class RetrainingViewSet(StaffViewSet):
    """Passes from accepted labels to a candidate, the newest first."""

    queryset = Retraining.objects.select_related("run", "run__version")
    serializer_class = RetrainingSerializer
    filterset_fields = ["status", "dataset", "production"]
    ordering_fields = ["created_at", "finished_at"]


class NoticeViewSet(StaffViewSet):
    """What happened, and how telling of it went, the newest first."""

    permission_classes = [NoticePermission]
    queryset = Notice.objects.prefetch_related("deliveries__subscription")
    serializer_class = NoticeSerializer
    filterset_fields = ["event"]
    ordering_fields = ["at"]
