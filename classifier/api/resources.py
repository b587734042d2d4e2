"""Reading what is stored: the common ground of the staff's endpoints, datasets and evaluations."""

from typing import Any

from django.http import HttpResponse
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.filters import OrderingFilter
from rest_framework.request import Request
from rest_framework.viewsets import ReadOnlyModelViewSet

from classifier.api.base import PluginView
from classifier.api.conditional import conditional
from classifier.api.pagination import Pages
from classifier.api.parsing import PARSERS
from classifier.api.permissions import StaffPermission
from classifier.api.serializers import (
    DatasetDetailSerializer,
    DatasetSerializer,
    EvaluationSerializer,
    PromotionSerializer,
)
from classifier.models import Dataset, Evaluation, Promotion


class StaffViewSet(PluginView, ReadOnlyModelViewSet):
    """Lists with pages, filters and ordering, for staff. `detail_serializer_class` shows more."""

    permission_classes = [StaffPermission]
    parser_classes = PARSERS
    pagination_class = Pages
    filter_backends = [DjangoFilterBackend, OrderingFilter]
    lookup_value_regex = r"[0-9]{1,18}"
    detail_serializer_class = None

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show one of them, with an ETag."""
        return conditional(request, super().retrieve(request, *args, **kwargs).data)

    def get_serializer_class(self) -> type:
        """Return the serializer of the action."""
        if self.action == "retrieve" and self.detail_serializer_class:
            return self.detail_serializer_class
        return super().get_serializer_class()


class DatasetViewSet(StaffViewSet):
    """Datasets of labelled logos."""

    queryset = Dataset.objects.all()
    serializer_class = DatasetSerializer
    detail_serializer_class = DatasetDetailSerializer
    filterset_fields = ["source", "status"]
    ordering_fields = ["created_at", "name"]


class EvaluationViewSet(StaffViewSet):
    """What versions scored."""

    queryset = Evaluation.objects.all()
    serializer_class = EvaluationSerializer
    filterset_fields = ["version", "dataset", "split", "method", "synthetic"]
    ordering_fields = ["created_at", "accuracy"]


class PromotionViewSet(StaffViewSet):
    """Which version served from when to when, the newest first."""

    queryset = Promotion.objects.all()
    serializer_class = PromotionSerializer
    filterset_fields = ["version", "kind"]
    ordering_fields = ["at"]
