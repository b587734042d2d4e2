"""What drf-spectacular cannot tell from the views."""

from typing import Any

from classifier.api.errors import MEDIA_TYPE
from classifier.api.examples import EXAMPLES


def document_problems(result: dict[str, Any], **kwargs: object) -> dict[str, Any]:
    """Give every operation the answer that any error has: a hook of drf-spectacular."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for path in result["paths"].values():
        for operation in path.values():
            operation["responses"].setdefault(
                "default", {"description": "The request was refused.", "content": content}
            )
    return result


def exemplify(result: dict[str, Any], **kwargs: object) -> dict[str, Any]:
    """Give the classifier's objects an example each: a hook of drf-spectacular."""
    for name, schema in result["components"]["schemas"].items():
        if name in EXAMPLES:
            schema["example"] = EXAMPLES[name]
    return result


# What each operation is called in a list: by its method and its address after the version.
_SUMMARIES = {
    "post classify": "Classify one logo, or several",
    "get datasets": "List datasets",
    "get datasets/{id}": "Look at a dataset",
    "get evaluations": "List evaluations",
    "get evaluations/{id}": "Look at an evaluation",
    "get health": "Ask whether the version in production serves",
    "get notices": "List what happened, and whom it was told",
    "get notices/{id}": "Look at a notice",
    "get predictions": "List live answers",
    "get predictions/{id}": "Look at a live answer",
    "post predictions/{id}/feedback": "Say whether an answer was right",
    "post proposals": "Propose a logo for the data set",
    "get promotions": "List what served from when to when",
    "get promotions/{id}": "Look at a version's time in production",
    "get retrainings": "List retrainings",
    "get retrainings/{id}": "Look at a retraining",
    "get runs": "List training runs",
    "post runs": "Start a training run",
    "get runs/{id}": "Look at a training run",
    "post runs/{id}/cancel": "Cancel a training run",
    "get runs/{id}/epochs": "List the epochs of a training run",
    "post runs/{id}/resume": "Resume a training run",
    "get studies": "List studies",
    "post studies": "Start a study",
    "get studies/{id}": "Look at a study",
    "post studies/{id}/cancel": "Cancel a study",
    "post studies/{id}/resume": "Resume a study",
    "get studies/{id}/trials": "List the trials of a study",
    "get versions": "List model versions",
    "get versions/{id}": "Look at a model version",
    "post versions/{id}/end-shadow": "End a version's time as the shadow",
    "get versions/{id}/files/{name}": "Download a file of a version",
    "post versions/{id}/promote": "Promote a version to production",
    "post versions/{id}/retire": "Retire a version",
    "post versions/roll-back": "Go back to the version that served before",
    "post versions/{id}/shadow": "Make a version the shadow",
    "post versions/import": "Import a version",
}


def summarize(result: dict[str, Any], **kwargs: object) -> dict[str, Any]:
    """Give the classifier's operations their short names: a hook of drf-spectacular."""
    for path, operations in result["paths"].items():
        address = path.partition("/v1/")[2].strip("/")
        for method, operation in operations.items():
            if summary := _SUMMARIES.get(f"{method} {address}"):
                operation.setdefault("summary", summary)
    return result
