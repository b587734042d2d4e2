"""Which logos belong to one brand, inferred from file names."""

import re

# Endings and prefixes that name a variant of a logo, not the brand.
_VARIANTS = frozenset(
    """wordmark icon icons logo logos logotype text color colour brand dark light alt original plain
    line block solid background mono white black horizontal vertical square circle filled outline
    file type full mark symbol new old badge tile inverted lockup""".split()  # noqa: SIM905
)
# Families whose products share one look: they must not be torn apart by a split.
_FAMILIES = (
    "aws",
    "google",
    "microsoft",
    "azure",
    "adobe",
    "apple",
    "amazon",
    "jetbrains",
    "firebase",
    "atlassian",
    "hashicorp",
    "apache",
    "oracle",
    "ibm",
    "facebook",
    "meta",
)
_WORDMARK = re.compile(r"(^|[-_])(wordmark|text|logotype)($|[-_])")


def brand_of(name: str) -> str:
    """Return the brand of a logo file's name: `react-wordmark` and `reactjs-icon` are `react`."""
    words = [word for word in re.split(r"[^a-z0-9]+", name.lower()) if word]
    kept = [word for word in words if word not in _VARIANTS and not word.isdigit()]
    if not kept:
        return "".join(words) or name
    if kept[0] in _FAMILIES:
        return kept[0]
    brand = "".join(kept)
    return re.sub(r"(dotjs|js|dotio|dotcom)$", "", brand) or brand


def is_wordmark(name: str, names: frozenset[str]) -> bool:
    """Whether a file's name, among all names of its package, says that it is a wordmark.

    A plain `name` beside a `name-icon` is the lockup with the lettering.
    """
    return bool(_WORDMARK.search(name)) or f"{name}-icon" in names
