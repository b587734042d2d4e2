"""Files that no row names: left by a crash, by a deleted row, or by another database."""

import shutil
import time
from pathlib import Path

from django.db.models import Model

from classifier.conf import conf
from classifier.models import (
    Dataset,
    Evaluation,
    ModelVersion,
    Proposal,
    Study,
    TrainingRun,
)

_YOUNG_SECONDS = 24 * 3600  # what is being written has no row yet


def find_leftovers() -> list[Path]:
    """Return files and folders older than a day that belong to nothing, sorted."""
    root = Path(conf.ROOT)
    limit = time.time() - _YOUNG_SECONDS
    return sorted(
        path
        for folder, owned in _owned().items()
        if (root / folder).is_dir()
        for path in (root / folder).iterdir()
        if path.name not in owned and path.stat().st_mtime < limit
    )


def delete(path: Path) -> None:
    """Delete a file or a folder with what is in it."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()


def size_of(path: Path) -> int:
    """Return the bytes of a file, or of all files in a folder."""
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())


def _owned() -> dict[str, set[str]]:
    """Return the names that rows own, by folder under CLASSIFIER_ROOT."""
    versions = ModelVersion.objects.filter(bundled=False)
    datasets = _keys(Dataset)
    proposals = Proposal.objects.values_list("sha256", flat=True)
    return {
        "datasets": datasets,
        "uploads": {f"{name}.zip" for name in datasets},
        "runs": _keys(TrainingRun),
        "studies": _keys(Study),
        "evaluations": _keys(Evaluation),
        "proposals": {f"{sha256}.png" for sha256 in proposals},
        "versions": {Path(path).name for path in versions.values_list("path", flat=True)},
        "fetched": set(versions.values_list("manifest_sha256", flat=True)),
    }


def _keys(model: type[Model]) -> set[str]:
    return {str(pk) for pk in model._default_manager.values_list("pk", flat=True)}
