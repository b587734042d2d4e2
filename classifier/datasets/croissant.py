"""A dataset's description in Croissant, the JSON-LD by which other tools load datasets.

https://docs.mlcommons.org/croissant/docs/croissant-spec-1.0.html
"""

import hashlib
import json
from typing import Any

from classifier.logo_types import LogoType
from classifier.models import Dataset

FILE = "croissant.json"
TABLE = "labels.csv"
_TEXTS = {
    "path": "Image file; its folder is the label.",
    "label": "Type of the logo: " + "; ".join(f"{t}: {t.description}" for t in LogoType),
    "split": "train, val or test; empty: in no split.",
    "brand": "Logos of one brand are in one split.",
    "package": "Where the logo comes from.",
    "name": "Of the file in its package.",
    "licence": "Of the package.",
    "background": "Colour that a transparent image is shown on.",
    "sha256": "Of the source file (SVG, or the image as imported).",
    "measured_label": "What the measures of the source say, before any person's correction.",
    "source": "The SVG that the image was rendered from.",
}
_CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "sc": "https://schema.org/",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
} | {
    name: f"cr:{name}"
    for name in (
        "citeAs", "column", "equivalentProperty", "extract", "field", "fileProperty", "fileObject",
        "fileSet", "format", "includes", "isLiveDataset", "jsonPath", "key", "md5", "parentField",
        "path", "recordSet", "references", "regex", "repeated", "replace", "samplingRate",
        "separator", "source", "subField", "transform",
    )
}  # fmt: skip


def describe(dataset: Dataset, table: bytes, columns: list[str]) -> bytes:
    """Return the description of an export.

    Args:
        dataset: what was exported.
        table: the content of its labels.csv.
        columns: the names of that table's columns.
    """
    values = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "name": dataset.name,
        "description": _description(dataset),
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "citeAs": f"{dataset.name}, fingerprint {dataset.fingerprint}",
        "license": _licences(dataset),
        "url": f"urn:sha256:{dataset.fingerprint}",
        "version": "1.0.0",
        "datePublished": dataset.created_at.date().isoformat(),
        "distribution": [_table(table), _images()],
        "recordSet": [_logos(columns), _pictures()],
    }
    return (json.dumps(values, indent=2) + "\n").encode()


def _description(dataset: Dataset) -> str:
    drawn = " They were drawn by a program, for tests." if dataset.is_synthetic else ""
    return (
        f"Logos of four types, split by brand (seed {dataset.seed}).{drawn} Fingerprint "
        f"{dataset.fingerprint}: the sha256 over the sorted source hashes, labels and splits."
    )


def _licences(dataset: Dataset) -> list[str]:
    found = dataset.samples.order_by().values_list("licence", flat=True).distinct()
    return sorted(filter(None, found)) or ["unknown"]


def _table(table: bytes) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": TABLE,
        "name": TABLE,
        "contentUrl": TABLE,
        "encodingFormat": "text/csv",
        "sha256": hashlib.sha256(table).hexdigest(),
    }


def _images() -> dict[str, Any]:
    return {
        "@type": "cr:FileSet",
        "@id": "image-files",
        "name": "image-files",
        "includes": "*/*.png",
        "encodingFormat": "image/png",
    }


def _logos(columns: list[str]) -> dict[str, Any]:
    return {
        "@type": "cr:RecordSet",
        "@id": "logos",
        "name": "logos",
        "description": "One row a logo.",
        "key": {"@id": "logos/path"},
        "field": [_column(name) for name in columns],
    }


def _column(name: str) -> dict[str, Any]:
    return {
        "@type": "cr:Field",
        "@id": f"logos/{name}",
        "name": name,
        "description": _TEXTS[name],
        "dataType": "sc:Text",
        "source": {"fileObject": {"@id": TABLE}, "extract": {"column": name}},
    }


def _pictures() -> dict[str, Any]:
    source = {"@id": "image-files"}
    return {
        "@type": "cr:RecordSet",
        "@id": "images",
        "name": "images",
        "description": "The image of each logo; its path is the logo's.",
        "key": {"@id": "images/path"},
        "field": [
            {
                "@type": "cr:Field",
                "@id": "images/path",
                "name": "path",
                "description": _TEXTS["path"],
                "dataType": "sc:Text",
                "source": {"fileSet": source, "extract": {"fileProperty": "fullpath"}},
            },
            {
                "@type": "cr:Field",
                "@id": "images/image",
                "name": "image",
                "description": "The image, with its transparency.",
                "dataType": "sc:ImageObject",
                "source": {"fileSet": source, "extract": {"fileProperty": "content"}},
            },
        ],
    }
