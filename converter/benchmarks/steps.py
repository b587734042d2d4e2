"""CPU time of a conversion by step, in a process that is warm."""

import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median
from typing import TYPE_CHECKING, Any
from unittest import mock

import numpy as np

from converter.conversion import read_upload
from converter.fidelity import fidelity
from converter.presets import PRESETS
from converter.routing import ClassifierUnavailableError, classifier_client
from converter.svg import write
from converter.tracer_output import read_shapes
from converter.vectorizer import drawing
from converter.vectorizer.warming import warm_up

if TYPE_CHECKING:
    from converter.benchmarks.cases import Case, Kind

# What `converter.vectorizer.drawing` calls for each of its steps.
TRACER_STEPS = {
    "regions": ("find_regions", "calmed"),
    "outlines": ("region_field", "contours"),
    "fitting": ("fit", "correct"),
    "shapes": ("elements",),
}
STEPS = ("read", "classify", *TRACER_STEPS, "rest of tracing", "write", "check")
_ALL = "all"


class Stopwatch:
    """Adds up the CPU milliseconds of steps."""

    def __init__(self) -> None:
        self.milliseconds: dict[str, float] = defaultdict(float)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Add what the block takes to a step."""
        began = time.process_time()
        try:
            yield
        finally:
            self.milliseconds[name] += 1000 * (time.process_time() - began)

    def watching(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function that does the same and adds what it takes to a step."""

        def watched(*args: Any, **options: Any) -> Any:
            with self.step(name):
                return function(*args, **options)

        return watched


def steps_of(case: "Case", kind: "Kind") -> dict[str, float]:
    """Convert an upload in this very process; return the CPU milliseconds of each of STEPS.

    Where no classifier answers, there is no `classify`.
    """
    content, watch = case.upload(kind), Stopwatch()
    with watch.step("read"):
        logo = read_upload(content)
    try:
        with watch.step("classify"):
            classifier_client().classify(content)
    except ClassifierUnavailableError:
        del watch.milliseconds["classify"]
    settings, pixels = PRESETS[case.preset].settings_for(logo.lossy), np.asarray(logo.image)
    inner = Stopwatch()
    watched = {
        name: inner.watching(step, getattr(drawing, name))
        for step, names in TRACER_STEPS.items()
        for name in names
    }
    with mock.patch.multiple(drawing, **watched), watch.step("rest of tracing"):
        shapes = drawing.draw(pixels, settings, logo.lossy)
    with watch.step("write"):
        read = read_shapes(json.dumps(shapes).encode())
        svg = write(read, logo.image.size, (logo.width, logo.height)).svg
    with watch.step("check"):
        fidelity(svg, logo.image)
    watch.milliseconds["rest of tracing"] -= sum(inner.milliseconds.values())
    return dict(watch.milliseconds) | dict(inner.milliseconds)


def measure_steps(cases: list["Case"], kind: "Kind") -> dict[str, dict[str, float]]:
    """Return the median of each step, and of their sum, by type and over all; milliseconds."""
    if not cases:
        return {}
    warm_up()
    steps_of(cases[0], kind)  # loads what is loaded once
    taken: dict[str, list[dict[str, float]]] = defaultdict(list)
    for case in cases:
        found = steps_of(case, kind)
        taken[case.label].append(found | {"whole": sum(found.values())})
    taken[_ALL] = [each for group in list(taken.values()) for each in group]
    return {
        label: {
            step: median(each.get(step, 0.0) for each in group)
            for step in (*STEPS, "whole")
            if any(step in each for each in group)
        }
        for label, group in taken.items()
    }
