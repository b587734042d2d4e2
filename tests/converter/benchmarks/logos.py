"""A folder of logos with their sources, as `export_dataset --vectors` writes it."""

import csv
import io

import resvg_py
from PIL import Image

SOURCE = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">'
    '<path fill="{}" d="M8 8H56V{}H8z"/></svg>'
)


def write_logos(folder, types, split, each=2, side=48):
    """Write that many logos of each type; none is really of its type."""
    rows = []
    for number, label in enumerate(name for name in types for _ in range(each)):
        svg = SOURCE.format("#d03030" if number % 2 else "#2040c0", 40 + number)
        png = resvg_py.svg_to_bytes(svg_string=svg, width=side)
        for kind in (label, "sources"):
            (folder / kind).mkdir(exist_ok=True)
        path, source = f"{label}/{number}.png", f"sources/{number}.svg"
        Image.open(io.BytesIO(bytes(png))).save(folder / path)
        (folder / source).write_text(svg)
        rows.append([path, label, split, "#ffffff", source])
    with (folder / "labels.csv").open("w", newline="") as table:
        writer = csv.writer(table)
        writer.writerows([["path", "label", "split", "background", "source"], *rows])
