"""Starting from a version: its weights, and the network and preprocessing that they belong to."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from classifier.inference.manifest import read_manifest, verified_bytes
from classifier.models import ModelVersion, version_store
from classifier.training.config import InvalidConfigError, TrainingConfig

if TYPE_CHECKING:
    from classifier.training.dataset import TrainingData

# What a version's weights decide.
_NETWORK = ("backbone", "head", "pooling", "groups", "input_size")


def started_from(config: TrainingConfig) -> TrainingConfig:
    """Return a config whose network is that of the version it starts from, if it names one.

    Raises:
        InvalidConfigError: if there is no such version, or it came without weights.
    """
    if not config.start_from:
        return config
    version = ModelVersion.objects.filter(name=config.start_from).first()
    if version is None or not _weights_of(version):
        names = ", ".join(startable()) or "none yet"
        problem = "has no weights" if version else "is not there"
        reason = f"the version {config.start_from!r} {problem}; versions with weights: {names}"
        raise InvalidConfigError({"start_from": reason})
    theirs = TrainingConfig.from_json(version.manifest["config"])
    return replace(config, **{name: getattr(theirs, name) for name in _NETWORK})


def forerunners(config: TrainingConfig) -> list[dict[str, Any]]:
    """Return the settings of the trainings that a config goes on from, the first one first."""
    version = ModelVersion.objects.filter(name=config.start_from or None).first()
    if version is None:
        return []
    return [*version.manifest.get("forerunners", ()), version.manifest["config"]]


def startable() -> list[str]:
    """Return the names of the versions that a training can start from, the newest first."""
    versions = ModelVersion.objects.order_by("-created_at")
    return [version.name for version in versions if _weights_of(version)]


def with_start(data: "TrainingData", config: TrainingConfig) -> "TrainingData":
    """Return training data with the weights that a config starts from, if it names a version.

    Raises:
        InvalidConfigError: if the version was deleted.
        ModelError: if its files cannot be used.
    """
    if not config.start_from:
        return data
    started_from(config)
    version = ModelVersion.objects.get(name=config.start_from)
    manifest = read_manifest(version.folder)
    return replace(data, start=verified_bytes(version.folder, manifest, _weights_of(version)))


def _weights_of(version: ModelVersion) -> str:
    """Return the name of a version's file of weights; an empty string if it has none.

    Nor has one whose file is gone: with its folder, or left out of what was installed.
    """
    if version.manifest.get("members"):
        return ""
    files = version.manifest["files"]
    name = next((name for name in sorted(files) if name.endswith(".safetensors")), "")
    elsewhere = version_store.is_shared() and not version.bundled
    return name if elsewhere or (version.own_folder / name).is_file() else ""
