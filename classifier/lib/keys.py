"""Numbers of rows in what people send."""

_MOST_DIGITS = 18  # fits every database's key


def is_key(text: str) -> bool:
    """Tell whether a text is a row's number: `isdigit` alone lets "²" through, and any length."""
    return text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS
