"""The card of a model repository: a YAML head for tools, and what people have to know.

The head's form: https://github.com/huggingface/hub-docs/blob/main/modelcard.md.
"""

from collections.abc import Iterator
from typing import Any

import yaml

from classifier.inference.manifest import Manifest
from classifier.logo_types import LogoType
from classifier.models import Evaluation, ModelVersion
from classifier.versions.headline import Score, headline_of, score_in

_LICENCE = "apache-2.0"
_MEASURES = (  # the card's type, its name, and the key among our figures
    ("accuracy", "Accuracy", "accuracy"),
    ("f1", "Macro F1", "f1_macro"),
    ("recall", "Balanced accuracy", "balanced_accuracy"),
    ("expected_calibration_error", "Expected calibration error", "expected_calibration_error"),
)


def model_card(version: ModelVersion, manifest: Manifest, files: list[str]) -> str:
    """Return README.md. Every figure in it was measured; a version without any has none."""
    scores = list(_scores(version))
    head = {
        "license": _LICENCE,
        "library_name": "onnx",
        "pipeline_tag": "image-classification",
        "tags": ["logo", "image-classification", "onnx", manifest.backbone],
        "model-index": [{"name": version.name, "results": [_result(score) for score in scores]}],
    }
    if not scores:
        del head["model-index"]
    parts = [
        f"---\n{yaml.safe_dump(head, sort_keys=False, allow_unicode=True)}---",
        *_text(version),
    ]
    parts += [_table(scores)] if scores else ["It was not measured yet."]
    parts += [_use(manifest, files), _origin(manifest)]
    return "\n\n".join(parts) + "\n"


def _scores(version: ModelVersion) -> Iterator[Score]:
    """Yield the headline, and then the newest evaluation of each other kind."""
    headline = headline_of(version)
    if headline is None:
        return
    yield headline
    seen = {headline.title}
    for evaluation in version.evaluations.select_related("dataset").order_by("-created_at"):
        score = score_in(evaluation)
        if score.title not in seen and evaluation.method == Evaluation.Method.NEURAL:
            seen.add(score.title)
            yield score


def _result(score: Score) -> dict[str, Any]:
    dataset = {
        "type": score.dataset,
        "name": f"{score.dataset} (synthetic)" if score.synthetic else score.dataset,
        "split": score.split,
        "revision": score.fingerprint,
    }
    metrics = [
        {"type": kind, "name": name, "value": round(float(score.metrics[key]), 5)}
        for kind, name, key in _MEASURES
        if score.metrics.get(key) is not None
    ]
    task = {"type": "image-classification", "name": "Logo type"}
    return {"task": task, "dataset": dataset, "metrics": metrics}


def _text(version: ModelVersion) -> list[str]:
    types = "\n".join(f"- **{logo_type}**: {logo_type.description}" for logo_type in LogoType)
    return [
        f"# {version.name}",
        "Sorts raster logos into four types, so that a tracer can choose its settings:",
        types,
    ]


def _table(scores: list[Score]) -> str:
    lines = ["## Measured", "", "| on | images | accuracy | macro F1 |", "|---|---|---|---|"]
    for score in scores:
        figures = score.metrics
        lines.append(
            f"| {score.title} | {figures.get('sample_count', '')} | {figures['accuracy']:.1%} "
            f"| {figures.get('f1_macro', float('nan')):.1%} |"
        )
    if any(score.synthetic for score in scores):
        lines += ["", "Synthetic logos were drawn by a program: such figures say little."]
    return "\n".join(lines)


def _use(manifest: Manifest, files: list[str]) -> str:
    weights = [name for name in files if name.endswith(".safetensors")]
    held = f" The weights are in `{weights[0]}`." if weights else ""
    return (
        "## Use\n\n"
        "```\npip install -r requirements.txt\npython classify.py logo.png\n```\n\n"
        f"`{manifest.onnx}` takes `images`, uint8 RGB [batch, {manifest.input_size}, "
        f"{manifest.input_size}, 3], and gives `logits`, which are divided by the temperature "
        f"{manifest.temperature:.4f} before the softmax; the normalisation is part of the graph."
        f"{held} `preprocessing.py` trims the border, keeps the aspect and pads to a square. "
        "Colour profiles of image files are not looked at here; the API converts them to sRGB."
    )


def _origin(manifest: Manifest) -> str:
    data = manifest.dataset
    counts = ", ".join(
        f"{sum(of_split.values()):,} for {split}"
        for split, of_split in data.get("counts", {}).items()
    )
    return (
        "## Training\n\n"
        f"Backbone {manifest.backbone}, data set {data.get('name', 'unknown')} "
        f"({counts or 'sizes unknown'}), fingerprint `{data.get('fingerprint', '')}`. "
        "`manifest.json` has every setting and the hash of each file."
    )
