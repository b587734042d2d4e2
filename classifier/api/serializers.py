"""What the API shows of the rows that the classifier stores."""

from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from classifier.models import (
    Dataset,
    EpochMetric,
    Evaluation,
    ModelVersion,
    Promotion,
    TrainingRun,
)
from classifier.runs.analyses import analysis_of
from classifier.runs.lifecycle import split_counts
from classifier.training.config import InvalidConfigError, TrainingConfig
from classifier.versions.gate import gate_of
from classifier.versions.history import traffic_during


class DatasetSerializer(serializers.ModelSerializer):
    """A dataset."""

    synthetic = serializers.BooleanField(source="is_synthetic")

    class Meta:
        model = Dataset
        fields = ["id", "name", "source", "synthetic", "status", "fingerprint", "created_at"]


class DatasetDetailSerializer(DatasetSerializer):
    """A dataset with the number of its images by split and type."""

    counts = serializers.SerializerMethodField()

    class Meta(DatasetSerializer.Meta):
        fields = [*DatasetSerializer.Meta.fields, "seed", "dropped", "error", "counts"]

    def get_counts(self, dataset: Dataset) -> dict[str, dict[str, int]]:
        """Count its images."""
        return split_counts(dataset)


class VersionSerializer(serializers.ModelSerializer):
    """A model version."""

    class Meta:
        model = ModelVersion
        fields = [
            "id",
            "name",
            "stage",
            "run",
            "bundled",
            "backbone",
            "input_size",
            "dataset_fingerprint",
            "manifest_sha256",
            "created_at",
            "promoted_at",
        ]


class CheckSerializer(serializers.Serializer):
    """One question of the gate; `passed` is null where it cannot be answered."""

    name = serializers.CharField()
    found = serializers.CharField()
    wanted = serializers.CharField()
    passed = serializers.BooleanField(allow_null=True)


class VersionDetailSerializer(VersionSerializer):
    """A model version with its manifest."""

    manifest = serializers.DictField()
    gate = serializers.SerializerMethodField()

    class Meta(VersionSerializer.Meta):
        fields = [*VersionSerializer.Meta.fields, "gate", "manifest"]

    @extend_schema_field(CheckSerializer(many=True))
    def get_gate(self, version: ModelVersion) -> list[dict[str, Any]]:
        """Check its headline."""
        return [asdict(check) for check in gate_of(version)]


class PromotionSerializer(serializers.ModelSerializer):
    """A version's time in production, and the live answers of that time."""

    traffic = serializers.SerializerMethodField()

    class Meta:
        model = Promotion
        fields = [
            "id",
            "version",
            "version_name",
            "kind",
            "by",
            "reason",
            "red",
            "at",
            "ended_at",
            "traffic",
        ]

    def get_traffic(self, promotion: Promotion) -> dict[str, int]:
        """Count answers, those that were judged, and those that were right."""
        return asdict(traffic_during(promotion))


class EpochSerializer(serializers.ModelSerializer):
    """What one epoch measured."""

    class Meta:
        model = EpochMetric
        exclude = ["id", "run"]


class RunSerializer(serializers.ModelSerializer):
    """A training run."""

    config = serializers.DictField()
    version = serializers.PrimaryKeyRelatedField(read_only=True, allow_null=True, default=None)

    class Meta:
        model = TrainingRun
        fields = [
            "id",
            "dataset",
            "dataset_fingerprint",
            "config",
            "status",
            "stage",
            "progress",
            "seconds_left",
            "error",
            "version",
            "created_at",
            "started_at",
            "finished_at",
        ]


class RunDetailSerializer(RunSerializer):
    """A training run with its present step and what its history says."""

    live = serializers.DictField()
    analysis = serializers.SerializerMethodField()

    class Meta(RunSerializer.Meta):
        fields = [*RunSerializer.Meta.fields, "plain_train_accuracy", "live", "analysis"]

    def get_analysis(self, run: TrainingRun) -> dict[str, Any]:
        """Analyse a run by the epochs it has so far; a run that has ended is analysed once."""
        return analysis_of(run)


class NewRunSerializer(serializers.Serializer):
    """What a run is started with; settings that are left out have their defaults."""

    dataset = serializers.PrimaryKeyRelatedField(queryset=Dataset.objects.all())
    config = serializers.DictField(required=False)

    def validate_config(self, values: dict[str, Any]) -> TrainingConfig:
        """Build the config, or say which settings are wrong."""
        try:
            return TrainingConfig.from_json(values)
        except InvalidConfigError as error:
            raise serializers.ValidationError(error.errors) from error


class EvaluationSerializer(serializers.ModelSerializer):
    """What a version scored on a split."""

    metrics = serializers.DictField()

    class Meta:
        model = Evaluation
        fields = [
            "id",
            "version",
            "dataset",
            "dataset_fingerprint",
            "synthetic",
            "split",
            "method",
            "sample_count",
            "accuracy",
            "metrics",
            "created_at",
        ]
