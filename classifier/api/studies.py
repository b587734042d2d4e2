"""Studies: starting, watching, cancelling and resuming them."""

from collections.abc import Callable
from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import ValidationError

from classifier.api.errors import Conflict, problems
from classifier.api.resources import StaffViewSet
from classifier.api.serializers import NewRunSerializer
from classifier.models import Study, Trial
from classifier.studies import lifecycle as studies
from classifier.training.config import InvalidConfigError, TrainingConfig
from classifier.training.search_space import PARAMETERS, Budget

_REFUSED = problems(_409="The state of the study or of the dataset does not allow it.")


class TrialSerializer(serializers.ModelSerializer):
    """A trial of a study. Values are accuracies on the validation split, 0 to 1."""

    values = serializers.DictField()
    curve = serializers.ListField(child=serializers.FloatField())

    class Meta:
        model = Trial
        fields = [
            "number",
            "values",
            "status",
            "value",
            "curve",
            "progress",
            "error",
            "started_at",
            "finished_at",
        ]


class StudySerializer(serializers.ModelSerializer):
    """A study."""

    config = serializers.DictField()
    space = serializers.DictField()
    importances = serializers.DictField(child=serializers.FloatField())

    class Meta:
        model = Study
        fields = [
            "id",
            "dataset",
            "dataset_fingerprint",
            "config",
            "space",
            "trial_count",
            "share",
            "epochs",
            "parallel",
            "status",
            "error",
            "importances",
            "created_at",
            "finished_at",
        ]


class StudyDetailSerializer(StudySerializer):
    """A study with its best trial, the settings of a full run with it, and the time left."""

    best = serializers.SerializerMethodField()
    best_config = serializers.SerializerMethodField()
    seconds_left = serializers.SerializerMethodField()

    class Meta(StudySerializer.Meta):
        fields = [*StudySerializer.Meta.fields, "best", "best_config", "seconds_left"]

    @extend_schema_field(TrialSerializer(allow_null=True))
    def get_best(self, study: Study) -> dict[str, Any] | None:
        """Return the best trial, if one is complete."""
        best = studies.best_trial(study)
        return TrialSerializer(best).data if best else None

    def get_best_config(self, study: Study) -> dict[str, Any] | None:
        """Return what `POST /runs/` takes as `config`."""
        best = studies.best_trial(study)
        return studies.full_config(best).to_json() if best else None

    def get_seconds_left(self, study: Study) -> float | None:
        """Estimate it from the trials so far."""
        return studies.seconds_left(study)


class NewStudySerializer(NewRunSerializer):
    """What a study is started with; what is left out has its default."""

    parameters = serializers.ListField(
        child=serializers.ChoiceField(choices=list(PARAMETERS)), required=False, allow_empty=False
    )
    trials = serializers.IntegerField(default=Budget.trials)
    share = serializers.FloatField(default=Budget.share)
    epochs = serializers.IntegerField(default=Budget.epochs)
    parallel = serializers.IntegerField(default=Budget.parallel)

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        """Build the budget, or say what is wrong with it."""
        names = ("trials", "share", "epochs", "parallel")
        try:
            values["budget"] = Budget(**{name: values[name] for name in names})
        except InvalidConfigError as error:
            raise ValidationError(error.errors) from error
        return values


class StudyViewSet(StaffViewSet):
    """Searches for good settings."""

    queryset = Study.objects.all()
    serializer_class = StudySerializer
    detail_serializer_class = StudyDetailSerializer
    filterset_fields = ["status", "dataset"]
    ordering_fields = ["created_at", "finished_at"]

    @extend_schema(request=NewStudySerializer, responses={201: StudySerializer, **_REFUSED})
    def create(self, request: Request) -> Response:
        """Start a study. Workers take its trials as soon as they are free."""
        form = NewStudySerializer(data=request.data)
        form.is_valid(raise_exception=True)
        values = form.validated_data
        config = values.get("config") or TrainingConfig()
        parameters = values.get("parameters") or list(PARAMETERS)
        try:
            study = studies.start_study(
                values["dataset"], config, values["budget"], parameters, request.user
            )
        except InvalidConfigError as error:
            raise ValidationError(error.errors) from error
        except studies.StudyError as error:
            raise Conflict(str(error)) from error
        return Response(StudySerializer(study).data, status=status.HTTP_201_CREATED)

    @extend_schema(responses=TrialSerializer(many=True), filters=False)
    @action(detail=True, pagination_class=None, filter_backends=[])
    def trials(self, request: Request, pk: str) -> Response:
        """List the trials, in order."""
        return Response(TrialSerializer(self.get_object().trials.all(), many=True).data)

    @extend_schema(request=None, responses={200: StudySerializer, **_REFUSED})
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """End a study; running trials stop at their next step."""
        return self._change(studies.cancel_study)

    @extend_schema(request=None, responses={200: StudySerializer, **_REFUSED})
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, pk: str) -> Response:
        """Go on with a study that was cancelled or failed."""
        return self._change(studies.resume_study)

    def _change(self, change: Callable[[Study], None]) -> Response:
        study = self.get_object()
        try:
            change(study)
        except studies.StudyError as error:
            raise Conflict(str(error)) from error
        return Response(StudySerializer(study).data)
