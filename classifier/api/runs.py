"""Training runs: starting, watching, cancelling and resuming them."""

from collections.abc import Callable

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import ValidationError

from classifier.api.errors import Conflict, problems
from classifier.api.resources import StaffViewSet
from classifier.api.serializers import (
    EpochSerializer,
    NewRunSerializer,
    RunDetailSerializer,
    RunSerializer,
)
from classifier.models import TrainingRun
from classifier.runs import lifecycle as runs
from classifier.training.config import InvalidConfigError, TrainingConfig

_REFUSED = problems(_409="The state of the run or of the dataset does not allow it.")


class RunViewSet(StaffViewSet):
    """Training runs."""

    queryset = TrainingRun.objects.select_related("version")
    serializer_class = RunSerializer
    detail_serializer_class = RunDetailSerializer
    filterset_fields = ["status", "dataset"]
    ordering_fields = ["created_at", "finished_at"]

    @extend_schema(request=NewRunSerializer, responses={201: RunSerializer, **_REFUSED})
    def create(self, request: Request) -> Response:
        """Start a run. A worker takes it as soon as one is free."""
        form = NewRunSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        config = form.validated_data.get("config") or TrainingConfig()
        try:
            run = runs.start_run(form.validated_data["dataset"], config, request.user)
        except InvalidConfigError as error:
            raise ValidationError({"config": error.errors}) from error
        except runs.RunError as error:
            raise Conflict(str(error)) from error
        return Response(RunSerializer(run).data, status=status.HTTP_201_CREATED)

    @extend_schema(responses=EpochSerializer(many=True), filters=False)
    @action(detail=True, pagination_class=None, filter_backends=[])
    def epochs(self, request: Request, pk: str) -> Response:
        """List what each epoch measured, in order."""
        return Response(EpochSerializer(self.get_object().epochs.all(), many=True).data)

    @extend_schema(request=None, responses={200: RunSerializer, **_REFUSED})
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """Take a queued run back, or ask a running one to stop."""
        return self._change(runs.cancel_run)

    @extend_schema(request=None, responses={200: RunSerializer, **_REFUSED})
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, pk: str) -> Response:
        """Let a run that ended early go on from its last checkpoint."""
        return self._change(runs.resume_run)

    def _change(self, change: Callable[[TrainingRun], None]) -> Response:
        run = self.get_object()
        try:
            change(run)
        except runs.RunError as error:
            raise Conflict(str(error)) from error
        return Response(RunSerializer(run).data)
