"""`benchmark inference`: this engine against a plain PyTorch pipeline, and what serving costs."""

import io
import random
import statistics
import time
from argparse import ArgumentParser
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from django.core.management.base import CommandError
from PIL import Image

from classifier.benchmarks.machine import machine_line
from classifier.benchmarks.web_process import web_process_memory
from classifier.conf import conf
from classifier.data.synthetic import draw_logo
from classifier.inference.manifest import ModelError
from classifier.inference.preprocessing import prepare, read_image
from classifier.logo_types import LogoType
from classifier.models import Dataset, ModelVersion, Sample
from classifier.versions.promotion import production_version

if TYPE_CHECKING:
    from classifier.inference.engine import Engine

GOALS = {
    "ratio_one": (8, "at least"),
    "ratio_batch16": (12, "at least"),
    "file_mb": (6, "under"),
    "load_seconds": (1, "under"),
    "web_rss_mb": (160, "under"),
}
_NAMES = {
    "ratio_one": "one image: times faster than PyTorch",
    "ratio_batch16": "batch of 16: times faster than PyTorch",
    "file_mb": "file that serves, MB",
    "load_seconds": "engine import and load in a fresh process, s",
    "web_rss_mb": "web process after the requests, MB resident",
}
_BATCH = 16
_WARM_UP = 3

Pipeline = Callable[[list[bytes]], object]


class InferenceBenchmark:
    """Compares from a file's bytes to its probabilities, in alternation in one run."""

    help = "This engine against plain PyTorch (Resize 256, CenterCrop 224, eager fp32 B0); memory."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the version and how much is measured."""
        parser.add_argument("--model-version", metavar="NAME", help="the one in production if left")
        parser.add_argument("--images", type=int, default=64, help="test logos (default: 64)")
        parser.add_argument("--rounds", type=int, default=40, help="of single images (default: 40)")
        parser.add_argument("--batches", type=int, default=8, help="of 16 images (default: 8)")
        parser.add_argument("--threads", type=int, default=1, help="of both sides (default: 1)")
        parser.add_argument("--requests", type=int, default=200, help="to the web process")

    def measure(self, options: dict[str, Any]) -> dict[str, Any]:
        """Measure everything; see the module's text."""
        from classifier.evaluation.cost import fresh_process
        from classifier.inference.engine import Engine

        version = served_version(options["model_version"])
        engine = Engine.load(version.folder, options["threads"])
        images, source = logos(options["images"])
        results = {
            "machine": machine_line(),
            "version": version.name,
            "input_size": engine.manifest.input_size,
            "images": source,
            "threads": options["threads"],
            **_compare(engine, images, options),
            "file_mb": (version.folder / engine.manifest.onnx).stat().st_size / 1e6,
        }
        del engine
        fresh = fresh_process(version.folder)
        results["load_seconds"] = fresh.load_seconds
        results["engine_peak_mb"] = fresh.peak_mb
        uploads, _ = logos(options["requests"])  # different ones: repeated ones come from a cache
        results |= web_process_memory(version, uploads, options["requests"])
        return {
            name: round(value, 3) if isinstance(value, float) else value
            for name, value in results.items()
        }

    def describe(self, results: dict[str, Any]) -> str:
        """Return the goals with what was reached, and the figures behind them, as Markdown."""
        lines = [
            f"{results['machine']}. Version {results['version']} at {results['input_size']} px; "
            f"{results['images']}; {results['threads']} thread(s); medians.",
            "",
            "| | measured | goal | |",
            "|---|---|---|---|",
        ]
        for key, (goal, sense) in GOALS.items():
            reached = results[key] >= goal if sense == "at least" else results[key] < goal
            answer = "reached" if reached else "not reached"
            lines.append(f"| {_NAMES[key]} | {results[key]:.3g} | {sense} {goal} | {answer} |")
        lines += ["", "| | engine | PyTorch |", "|---|---|---|"]
        for key, name in (("one", "one image"), ("batch16", "batch of 16")):
            lines.append(
                f"| {name}, ms | {results[f'engine_ms_{key}']:.1f} "
                f"| {results[f'pytorch_ms_{key}']:.1f} |"
            )
        lines += [
            "",
            f"Web process: {results['web_rss_mb']:.0f} MB resident, of which its share of common "
            f"pages counted once is {results['web_pss_mb']:.0f} MB; before the first request "
            f"{results['web_start_rss_mb']:.0f} MB. Peak of a process with only the engine: "
            f"{results['engine_peak_mb']:.0f} MB.",
        ]
        return "\n".join(lines)


def served_version(name: str | None) -> ModelVersion:
    """Return the version to measure.

    Raises:
        CommandError: if there is none.
    """
    if name:
        version = ModelVersion.objects.filter(name=name).first()
        if version is None:
            raise CommandError(f"There is no version {name!r}.")
        return version
    try:
        return production_version()
    except ModelError as error:
        raise CommandError(str(error)) from error


def logos(count: int) -> tuple[list[bytes], str]:
    """Return the files of test logos, evenly over the split, and say what they are.

    Drawn ones stand in where there is no real dataset.
    """
    ready = Dataset.objects.ready()
    dataset = ready.exclude(source=Dataset.Source.SYNTHETIC).first()
    if dataset:
        samples = list(dataset.samples.filter(split=Sample.Split.TEST).order_by("sha256")[:count])
        if samples:
            files = [sample.file.read_bytes() for sample in samples]
            return files, f"{len(files)} test logos of {dataset.name}"
    return _drawn(count), f"{count} synthetic logos"


def _drawn(count: int) -> list[bytes]:
    rng, types, files = random.Random(0), list(LogoType), []
    for number in range(count):
        buffer = io.BytesIO()
        draw_logo(types[number % len(types)], rng).save(buffer, "PNG")
        files.append(buffer.getvalue())
    return files


def _compare(engine: "Engine", images: list[bytes], options: dict[str, Any]) -> dict[str, float]:
    """Time both pipelines on the same images, one after the other in each round."""
    ours, theirs = _engine_pipeline(engine), _pytorch_pipeline(options["threads"])
    results = {}
    for key, size, rounds in (
        ("one", 1, options["rounds"]),
        ("batch16", _BATCH, options["batches"]),
    ):
        batches = [
            [images[(start + offset) % len(images)] for offset in range(size)]
            for start in range(0, (rounds + _WARM_UP) * size, size)
        ]
        engine_ms, pytorch_ms = alternate(ours, theirs, batches)
        results |= {
            f"engine_ms_{key}": engine_ms,
            f"pytorch_ms_{key}": pytorch_ms,
            f"ratio_{key}": pytorch_ms / engine_ms,
        }
    return results


def alternate(first: Pipeline, second: Pipeline, batches: list[list[bytes]]) -> tuple[float, float]:
    """Return the median milliseconds of two pipelines over batches, timed in alternation.

    The first rounds warm up and do not count.
    """
    times: tuple[list[float], list[float]] = ([], [])
    for batch in batches:
        for pipeline, spent in zip((first, second), times, strict=True):
            started = time.perf_counter()
            pipeline(batch)
            spent.append((time.perf_counter() - started) * 1000)
    return statistics.median(times[0][_WARM_UP:]), statistics.median(times[1][_WARM_UP:])


def _engine_pipeline(engine: "Engine") -> Pipeline:
    """Return what serving does with files."""
    size, limit = engine.manifest.input_size, conf.MAX_PIXELS

    def run(files: list[bytes]) -> np.ndarray:
        prepared = [prepare(read_image(file, limit, size), size) for file in files]
        return engine.probabilities(np.stack(prepared))

    return run


def _pytorch_pipeline(threads: int) -> Pipeline:
    """Return the usual evaluation pipeline of torchvision, with eager fp32 B0 at 224 px."""
    import torch
    from torchvision import transforms
    from torchvision.models import efficientnet_b0

    torch.set_num_threads(threads)
    torch.manual_seed(0)
    model = efficientnet_b0(weights=None, num_classes=4).eval()
    transform = transforms.Compose(
        [
            transforms.Resize(256),
            transforms.CenterCrop(224),
            transforms.ToTensor(),
            transforms.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
        ]
    )

    def run(files: list[bytes]) -> "torch.Tensor":
        batch = [transform(Image.open(io.BytesIO(file)).convert("RGB")) for file in files]
        with torch.inference_mode():
            return model(torch.stack(batch)).softmax(dim=1)

    return run
