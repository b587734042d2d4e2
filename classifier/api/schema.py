"""What drf-spectacular cannot tell from the views."""

from typing import Any

from classifier.api.errors import MEDIA_TYPE


def document_problems(result: dict[str, Any], **kwargs: object) -> dict[str, Any]:
    """Give every operation the answer that any error has: a hook of drf-spectacular."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for path in result["paths"].values():
        for operation in path.values():
            operation["responses"].setdefault(
                "default", {"description": "The request was refused.", "content": content}
            )
    return result
