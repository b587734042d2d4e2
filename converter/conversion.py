"""The way of one logo: read, classify, choose a preset, trace, measure."""

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

from classifier.images.drawings import DrawingError
from converter.adjusting.drawing import adjusted_drawing, adjusted_logo, adjusted_preset
from converter.adjusting.options import AS_PRESET, Adjustments
from converter.fidelity import fidelity
from converter.images import Logo, read_logo, read_size, resize, to_png
from converter.monitoring.metrics import CONVERSION_SECONDS
from converter.monitoring.spans import traced
from converter.presets import GENERAL, LOGO_TYPES, PLAIN, PRESETS, Preset, drawing_alike
from converter.routing import (
    Classification,
    ClassifierUnavailableError,
    Policy,
    Route,
    classifier_client,
    route,
)
from converter.svg import Drawing
from converter.tracing import SECONDS, TracingError, trace

READ_SIDE = 2048  # larger uploads are scaled down to this while they are read
CLASSIFIED_SIDE = 1024  # and to this for the classifier

# What to try when a preset matches the upload poorly: gradients, or more colours, or neither.
_SECOND_CHOICE = {
    "simple": GENERAL, "text": GENERAL, "complex": "gradient", "gradient": "complex",
    GENERAL: "complex", PLAIN: GENERAL,
}  # fmt: skip

_ANIMATED = "The image has several frames; the first one was converted."


class ConversionError(Exception):
    """The logo could be read, but not converted. The message is for people."""


class SlowConversionError(ConversionError):
    """The conversion takes longer than it was given; a worker would take the time."""


@dataclass(frozen=True)
class Choice:
    """How a person wants a logo traced. Empty: as its type, which the classifier tells, is.

    Attributes:
        preset: name of the preset to use; then the classifier is not asked.
        logo_type: the type that a person says it has; likewise.
        adjustments: what is changed of the preset.
    """

    preset: str = ""
    logo_type: str = ""
    adjustments: Adjustments = AS_PRESET

    @property
    def corrects(self) -> bool:
        """Whether it takes the classifier's place."""
        return bool(self.preset or self.logo_type)

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> "Choice":
        """Make a choice of what a row stores."""
        adjustments = Adjustments.of(stored.get("adjustments", {}))
        return cls(stored.get("preset", ""), stored.get("logo_type", ""), adjustments)

    def stored(self) -> dict[str, Any]:
        """Return it as JSON values."""
        adjustments = self.adjustments.stored()
        return {"preset": self.preset, "logo_type": self.logo_type, "adjustments": adjustments}


AS_CLASSIFIED = Choice()


@dataclass(frozen=True)
class Result:
    """A converted logo.

    Attributes:
        drawing: the SVG.
        preset: name of the preset that made it.
        reason: why that preset, in a sentence or two for people.
        fidelity: share of the upload's pixels that look the same, 0 to 1; see `converter.fidelity`.
        classification: the classifier's answer; None if it was not asked or gave none.
        policy: number of the stored policy that chose the preset; None for the program's own.
        notice: what the visitor has to know, such as that the classifier was not reached.
        milliseconds: by step.
        adjustments: what a person changed of the preset, as `Adjustments.stored` gives it.
    """

    drawing: Drawing
    preset: str
    reason: str
    fidelity: float
    classification: Classification | None
    notice: str
    policy: int | None = None
    milliseconds: dict[str, int] = field(default_factory=dict)
    adjustments: dict[str, Any] = field(default_factory=dict)


def _described(result: Result) -> dict[str, Any]:
    """Say what a trace shows of a conversion."""
    times = {f"conversion.{step}_ms": value for step, value in result.milliseconds.items()}
    return {
        "conversion.preset": result.preset,
        "conversion.type": result.classification.logo_type if result.classification else "",
        "conversion.fidelity": result.fidelity,
        **times,
    }


@traced("conversion", _described)
def convert_logo(
    content: bytes,
    logo: Logo,
    choice: Choice = AS_CLASSIFIED,
    policy: Policy | None = None,
    seconds: float | None = None,
) -> Result:
    """Convert a logo.

    Args:
        content: the file as it was uploaded, for the classifier.
        logo: the same, read.
        choice: how a person wants it.
        policy: how a classifier's answer becomes a preset; by default what the program comes with.
        seconds: after which to give up; by default only each tracer's own limit holds.

    Raises:
        SlowConversionError: if no drawing is there after `seconds`.
        ConversionError: if the tracer fails with every preset.
        ValueError: if there is no such preset or type.
    """
    started = time.perf_counter()
    if max(logo.width, logo.height) > CLASSIFIED_SIDE and not choice.corrects:
        # Nobody has to decode a large image twice: the classifier would scale it down, too.
        content = to_png(resize(logo.image, min(CLASSIFIED_SIDE, max(logo.image.size))))
    adjustments = choice.adjustments
    logo = adjusted_logo(logo, adjustments)
    policy = policy or Policy.default()
    classification, chosen, notice = _choose(content, choice, policy)
    classified = time.perf_counter()
    try:
        end = started + seconds if seconds else math.inf
        retry = not choice.preset
        drawing, similarity, used = _best_trace(logo, chosen.preset, retry, end, adjustments)
    except ConversionError:
        CONVERSION_SECONDS.labels("", "failed").observe(time.perf_counter() - started)
        raise
    reason = chosen.reason
    if logo.animated:
        notice = f"{notice} {_ANIMATED}".strip()
    if used != chosen.preset:
        reason += f" The {chosen.preset} preset failed or matched poorly, so {used} was used."
    finished = time.perf_counter()
    CONVERSION_SECONDS.labels(used, "done").observe(finished - started)
    return Result(
        drawing=adjusted_drawing(drawing, adjustments),
        preset=used,
        reason=reason,
        fidelity=similarity,
        classification=classification,
        notice=notice,
        policy=policy.number,
        milliseconds={
            "classify": round((classified - started) * 1000),
            "trace": round((finished - classified) * 1000),
        },
        adjustments=adjustments.stored(),
    )


def is_large(content: bytes) -> bool:
    """Tell from an upload's header whether converting it takes longer than a request should.

    Raises:
        RefusedImageError: if it is no image, or its size is not allowed.
        DecoderBusyError: if too many images are being read.
    """
    width, height = read_size(content)
    return width * height > settings.CONVERTER_LARGE_PIXELS


def read_upload(content: bytes, wait_seconds: float | None = None) -> Logo:
    """Read an upload at the size that conversions work with.

    `wait_seconds` lets a worker wait longer for a decoder than a visitor would.

    Raises:
        RefusedImageError: if it cannot be converted.
        DecoderBusyError: if too many images are being read.
    """
    return read_logo(content, READ_SIDE, wait_seconds)


def _choose(
    content: bytes, choice: Choice, policy: Policy
) -> tuple[Classification | None, Route, str]:
    """Return the classifier's answer if it was asked, the route, and a notice."""
    preset, logo_type = choice.preset, choice.logo_type
    if preset:
        if preset not in PRESETS:
            raise ValueError(f"There is no preset {preset!r}. Choose one of {', '.join(PRESETS)}.")
        return None, Route(preset, f"You chose the {preset} preset."), ""
    if logo_type:
        if logo_type not in LOGO_TYPES:
            names = ", ".join(LOGO_TYPES)
            raise ValueError(f"There is no type {logo_type!r}. Choose one of {names}.")
        return None, Route(logo_type, f"You said that this is a {logo_type} logo."), ""
    try:
        classification = classifier_client().classify(content)
    except ClassifierUnavailableError as error:
        chosen = Route(policy.fallback, "The type is not known.")
        return (
            None,
            chosen,
            f"The classifier gave no answer, so the {policy.fallback} preset was used: {error}.",
        )
    return classification, route(classification, policy), ""


def _best_trace(
    logo: Logo, preset: str, retry: bool, end: float, adjustments: Adjustments
) -> tuple[Drawing, float, str]:
    """Trace with a preset, and with its second choice if it matches poorly and draws otherwise.

    Where tracing fails altogether, the plain preset is the last resort: it copes with photographs.
    Nothing is tried after `end`, a time of `time.perf_counter`.
    """
    if time.perf_counter() >= end:
        raise SlowConversionError("Reading and classifying took all of the time.")
    names = [preset, _SECOND_CHOICE[preset]] if retry else [preset]
    best: tuple[Drawing, float, str] | None = None
    failure: TracingError | None = None
    for name in names:
        if best and (time.perf_counter() >= end or name in drawing_alike(preset, logo.lossy)):
            break
        try:
            settings_used = adjusted_preset(PRESETS[name], logo.lossy, adjustments)
            drawing, similarity = _trace_once(logo, settings_used, end)
        except TracingError as error:
            failure = error
            if best is None and time.perf_counter() >= end:
                raise SlowConversionError(str(error)) from error
            continue
        if best is None or similarity > best[1]:
            best = (drawing, similarity, name)
        if best[1] >= settings.CONVERTER_POOR_FIDELITY:
            break
    if best is None and retry and preset != PLAIN:
        return _best_trace(logo, PLAIN, False, end, adjustments)
    if best is None:
        raise ConversionError(str(failure))
    return best


def _trace_once(logo: Logo, preset: Preset, end: float) -> tuple[Drawing, float]:
    try:
        if end == math.inf:
            drawing = trace(logo, preset)
            return drawing, fidelity(drawing.svg, logo.image)
        left = _left(end)
        drawing = trace(logo, preset, seconds=min(SECONDS, left), clock_seconds=left)
        return drawing, fidelity(drawing.svg, logo.image, _left(end))
    except DrawingError as error:
        raise TracingError(f"{error} Try another type.") from error


def _left(end: float) -> int:
    """Return the whole seconds until a time of `time.perf_counter`, at least one."""
    return max(1, math.ceil(end - time.perf_counter()))
