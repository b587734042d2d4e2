"""From measures to a label. The rules and their order are those of docs/dataset.md."""

from classifier.data.measures import Measures
from classifier.logo_types import AMBIGUOUS, LogoType

GRADIENT_SHARE = 0.10
FAINT_GRADIENT_SHARE = 0.02
TEXT_SHARE = 0.50
PART_TEXT_SHARE = 0.25
WORDMARK_ASPECT = 2.0
COMPLEX_COLOURS, COMPLEX_REGIONS = 6, 14
SIMPLE_COLOURS, SIMPLE_REGIONS = 4, 8


def label_of(measures: Measures, lettering: float | None, wordmark: bool) -> str:
    """Return a type's name, or AMBIGUOUS for a logo that sits between two types.

    `lettering` is the share of the foreground's bounding box under recognised words, None where no
    text detector has looked; `wordmark` says that the file's name calls it one.
    """
    if measures.gradient_share >= GRADIENT_SHARE:
        return LogoType.GRADIENT
    if measures.gradient_share >= FAINT_GRADIENT_SHARE or measures.blur:
        return AMBIGUOUS
    if lettering is None:
        lettering = _lettering_by_name(measures, wordmark)
    if lettering >= TEXT_SHARE:
        return LogoType.TEXT
    if lettering >= PART_TEXT_SHARE or (wordmark and lettering < PART_TEXT_SHARE):
        return AMBIGUOUS
    return _by_richness(measures)


def _lettering_by_name(measures: Measures, wordmark: bool) -> float:
    """A stand-in for the detector: wide wordmarks are text; other wide marks stay undecided."""
    wide = measures.aspect >= WORDMARK_ASPECT
    if wordmark and wide:
        return 1.0
    return PART_TEXT_SHARE if wordmark or measures.aspect > 1.6 else 0.0


def _by_richness(measures: Measures) -> str:
    if measures.colours >= COMPLEX_COLOURS or measures.regions > COMPLEX_REGIONS:
        return LogoType.COMPLEX
    if measures.colours <= SIMPLE_COLOURS and measures.regions <= SIMPLE_REGIONS:
        return LogoType.SIMPLE
    return AMBIGUOUS
