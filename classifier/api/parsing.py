"""Reading JSON that strangers send."""

from collections.abc import Mapping
from typing import IO, Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import FormParser, JSONParser, MultiPartParser

_MOST_DEPTH = 20  # a training configuration has three


class PlainJSONParser(JSONParser):
    """JSON of a sensible depth whose text can be stored and answered."""

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return the values.

        Raises:
            ParseError: if it is no JSON, nested too deeply, or holds half a character.
        """
        try:
            values = super().parse(stream, media_type, parser_context)
        except RecursionError as error:
            raise ParseError("The JSON is nested too deeply.") from error
        _check(values)
        return values


PARSERS = [PlainJSONParser, FormParser, MultiPartParser]


def _check(values: Any) -> None:
    level = [values]
    for _ in range(_MOST_DEPTH):
        texts = [value for value in level if isinstance(value, str)]
        try:
            "".join(texts).encode()
        except UnicodeEncodeError as error:
            raise ParseError("The JSON holds half of a surrogate pair.") from error
        level = [inner for value in level for inner in _inside(value)]
        if not level:
            return
    raise ParseError("The JSON is nested too deeply.")


def _inside(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [*value, *value.values()]
    return value if isinstance(value, list) else []
