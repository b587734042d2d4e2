"""The four logo types: their names, their order and what they mean. Imported by every room."""

from enum import StrEnum


class LogoType(StrEnum):
    """A logo's type. The order of the members is the order of a model's outputs."""

    SIMPLE = "simple"
    TEXT = "text"
    GRADIENT = "gradient"
    COMPLEX = "complex"

    @property
    def index(self) -> int:  # type: ignore[override]
        """Position of this type in a model's probability vector."""
        return CLASS_NAMES.index(self.value)

    @property
    def description(self) -> str:
        """One line that tells a person when a logo is of this type."""
        return _DESCRIPTIONS[self]


CLASS_NAMES: tuple[str, ...] = tuple(logo_type.value for logo_type in LogoType)

# A label, but not a type: the logo sits between two types and stays out of every split.
AMBIGUOUS = "ambiguous"

LABEL_CHOICES: list[tuple[str, str]] = [(name, name) for name in (*CLASS_NAMES, AMBIGUOUS)]

_DESCRIPTIONS = {
    LogoType.SIMPLE: "A flat mark of a few shapes and at most about five colours.",
    LogoType.TEXT: "Flat lettering that fills at least half of the mark.",
    LogoType.GRADIENT: "Smooth colour or tone transitions on a tenth of the ink or more.",
    LogoType.COMPLEX: "Flat but rich: six or more colours, many regions, or fine detail.",
}
