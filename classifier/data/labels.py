"""From measures to a label. The rules and their order are those of docs/dataset.md."""

from classifier.data.measures import Measures
from classifier.logo_types import AMBIGUOUS, LogoType

GRADIENT_SHARE = 0.12
FAINT_GRADIENT_SHARE = 0.02
TEXT_SHARE = 0.50
PART_TEXT_SHARE = 0.25
NAME_SHARE = 0.05
WORDMARK_ASPECT = 2.0
COMPLEX_COLOURS, COMPLEX_REGIONS = 6, 14
ILLUSTRATION_REGIONS = {5: 10, 4: 12}  # by colours: mascots and scenes with drawn features
ORNATE_REGIONS, LETTERED_REGIONS = 32, 26
SIMPLE_COLOURS, SIMPLE_REGIONS = 4, 8


def label_of(
    measures: Measures, lettering: float | None, wordmark: bool, plausible: bool = True
) -> str:
    """Return a type's name, or AMBIGUOUS for a logo that sits between two types.

    `lettering` is the share of the foreground's bounding box under recognised words, None where no
    text detector has looked, and `plausible` whether these are words at all; `wordmark` says that
    the file's name calls it one.
    """
    if measures.gradient_share >= GRADIENT_SHARE:
        return LogoType.GRADIENT
    if measures.gradient_share >= FAINT_GRADIENT_SHARE or measures.blur:
        return AMBIGUOUS
    if lettering is None:
        lettering = _lettering_by_name(measures, wordmark)
    if lettering >= TEXT_SHARE and plausible:
        # Ornate lettering is as much a picture as a word.
        return AMBIGUOUS if measures.regions > ORNATE_REGIONS else LogoType.TEXT
    label = _by_richness(measures)
    if label == LogoType.COMPLEX and not wordmark and not plausible:
        return label  # among so many shapes some look like letters
    if lettering >= PART_TEXT_SHARE or wordmark:
        return AMBIGUOUS
    # A small name is lettering too; and its letters are regions of their own.
    rich = measures.colours >= COMPLEX_COLOURS or measures.regions > LETTERED_REGIONS
    return AMBIGUOUS if lettering >= NAME_SHARE and not rich else label


def _lettering_by_name(measures: Measures, wordmark: bool) -> float:
    """A stand-in for the detector: wide wordmarks are text; other wide marks stay undecided."""
    wide = measures.aspect >= WORDMARK_ASPECT
    if wordmark and wide:
        return 1.0
    return PART_TEXT_SHARE if wordmark or measures.aspect > 1.6 else 0.0


def _by_richness(measures: Measures) -> str:
    if measures.colours == COMPLEX_COLOURS and measures.regions <= SIMPLE_REGIONS:
        return AMBIGUOUS  # a few pieces, each of its own colour
    if measures.colours >= COMPLEX_COLOURS or measures.regions > COMPLEX_REGIONS:
        return LogoType.COMPLEX
    if measures.regions >= ILLUSTRATION_REGIONS.get(measures.colours, COMPLEX_REGIONS + 1):
        return LogoType.COMPLEX
    if measures.colours <= SIMPLE_COLOURS and measures.regions <= SIMPLE_REGIONS:
        return LogoType.SIMPLE
    return AMBIGUOUS
