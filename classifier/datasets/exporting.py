"""Datasets for other tools: `class/image` files, a `labels.csv`, and what both say in Croissant.

With `vectors`, each logo's SVG comes along as `sources/NAME.svg`, and the table's column `source`
names it: the truth that a tracer's drawing can be held against.
"""

import csv
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from classifier.data.rendering import with_colour
from classifier.datasets import croissant
from classifier.lib.tables import harmless
from classifier.models import Dataset, Sample

FIELDS = (
    "path",
    "label",
    "split",
    "brand",
    "package",
    "name",
    "licence",
    "background",
    "sha256",
    "measured_label",
)


class _Drain(io.RawIOBase):
    """A file that can only be written: what was, is taken away in parts."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, content: Any) -> int:
        self._parts.append(bytes(content))
        return len(content)

    def take(self) -> bytes:
        """Return what was written since."""
        content, self._parts = b"".join(self._parts), []
        return content


class ExportError(Exception):
    """A dataset cannot be exported. The message says why."""


def export_folder(dataset: Dataset, folder: Path, vectors: bool = False) -> int:
    """Write a dataset into an empty or new folder; return the number of images.

    Raises:
        ExportError: when the folder holds something already.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ExportError(f"{folder} is there already and not empty. Choose another place.")
    images = 0
    for path, content in _files(dataset, vectors):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
        images += path.endswith(".png")
    return images


def export_zip(dataset: Dataset, file: BinaryIO, vectors: bool = False) -> int:
    """Write a dataset as a zip; return the number of images."""
    images = 0
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:  # images are compressed
        for path, content in _files(dataset, vectors):
            archive.writestr(path, content)
            images += path.endswith(".png")
    return images


def zip_in_parts(dataset: Dataset) -> Iterator[bytes]:
    """Yield a dataset's zip as it is made, so that nothing has to hold all of it."""
    drain = _Drain()
    with zipfile.ZipFile(drain, "w", zipfile.ZIP_STORED) as archive:
        for path, content in _files(dataset, vectors=False):
            archive.writestr(path, content)
            yield drain.take()
    yield drain.take()


def _files(dataset: Dataset, vectors: bool) -> Iterator[tuple[str, bytes]]:
    """Yield each image, perhaps its source, with its path in the export; the lists come last."""
    table = io.StringIO()
    columns = [*FIELDS, "source"] if vectors else [*FIELDS]
    writer = csv.DictWriter(table, columns, lineterminator="\n")
    writer.writeheader()
    for sample in dataset.samples.order_by("label", "sha256").select_related("dataset").iterator():
        path = export_path(sample)
        row = {field: getattr(sample, field) for field in FIELDS[1:]}
        if vectors:
            row["source"] = _source_path(sample, path)
            if row["source"]:
                # As it was rendered: a reader need not know which colour an open one stands for.
                yield row["source"], with_colour(sample.vector_file.read_text()).encode()
        writer.writerow({"path": path} | {name: harmless(cell) for name, cell in row.items()})
        yield path, sample.file.read_bytes()
    rows = table.getvalue().encode()
    yield croissant.TABLE, rows
    yield croissant.FILE, croissant.describe(dataset, rows, columns)


def _source_path(sample: Sample, path: str) -> str:
    return f"sources/{Path(path).stem}.svg" if sample.vector_file else ""


def export_path(sample: Sample) -> str:
    """Path of a sample in an export: its class, brand and the start of its hash."""
    brand = "".join(letter if letter.isalnum() else "-" for letter in sample.brand)
    return f"{sample.label}/{brand[:60]}-{sample.sha256[:12]}.png"
