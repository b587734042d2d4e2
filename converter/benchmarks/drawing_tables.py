"""What `benchmark drawing` says: means by kind of upload, group and tracer, as data and tables."""

from statistics import fmean, median
from typing import Any

from converter.presets import LOGO_TYPES

OURS = "this project"
Row = dict[str, Any]
_MEANS = (
    "off", "lost", "stray", "missing", "turn", "turn95", "colour", "colour95", "error",
)  # fmt: skip
_MEDIANS = ("nodes", "nodes_ratio", "ms")
_OPACITY_KEPT = 0.05  # of the whole range, on average over what is partly opaque
_GRADIENT_KEPT = 0.5  # of the gradients' area
_ALL = "all"


def summarise(rows: list[Row], missing_peers: list[str]) -> dict[str, Any]:
    """Return the figures by kind of upload, group of images, and tracer.

    Groups: the plain shapes; the logos of one colour on another (marks); those without a gradient
    (flat); each type; all logos. An image belongs to several. A tracer for two colours is only in
    the groups of which it could draw every image.

    Args:
        rows: one for each image, kind and tracer, as the judge gave it.
        missing_peers: tracers that are not installed.
    """
    kinds = list(dict.fromkeys(row["kind"] for row in rows))
    tracers = list(dict.fromkeys(row["tracer"] for row in rows))
    figures: dict[str, Any] = {}
    for kind in kinds:
        figures[kind] = {}
        for group, members in _groups([row for row in rows if row["kind"] == kind]).items():
            own = {row["name"]: row for row in members if row["tracer"] == OURS}
            figures[kind][group] = {
                tracer: _figures(theirs) | _wins(own, theirs)
                for tracer in tracers
                if len(theirs := [row for row in members if row["tracer"] == tracer])
                >= len(own)
                > 0
            }
    return {"figures": figures, "missing_peers": missing_peers}


def _groups(rows: list[Row]) -> dict[str, list[Row]]:
    logos = [row for row in rows if row["type"] in LOGO_TYPES]
    groups = {
        "plain": [row for row in rows if row["type"] not in LOGO_TYPES],
        "marks": [row for row in logos if row["mark"]],
        "flat": [row for row in logos if row["flat"]],
        **{name: [row for row in logos if row["type"] == name] for name in LOGO_TYPES},
        _ALL: logos,
    }
    return {name: members for name, members in groups.items() if members}


def _figures(rows: list[Row]) -> dict[str, Any]:
    """Return one tracer's figures on a group; those of its failures are not in the means."""
    done = [row for row in rows if not row.get("failed")]
    found: dict[str, Any] = {"images": len(rows), "failed": len(rows) - len(done)}
    if not done:
        return found
    found |= {name: fmean(row[name] for row in done) for name in _MEANS}
    found |= {name: median(row[name] for row in done) for name in _MEDIANS}
    found |= {name: sum(row[name] for row in done) for name in ("parts", "parts_lost")}
    found["kb"] = fmean(row["byte_count"] for row in done) / 1024
    shapes = {
        name: sum(row[f"shapes_{name}"] for row in done)
        for name in ("true", "found", "drawn", "right", "in_paths")
    }
    found["recall"] = _share(shapes["found"], shapes["true"])
    found["recall_in_paths_too"] = _share(shapes["found"] + shapes["in_paths"], shapes["true"])
    found["precision"] = _share(shapes["right"], shapes["drawn"])
    found |= {f"shapes_{name}": count for name, count in shapes.items()}
    with_gradients = [row["gradients"] for row in done if row["gradients"] is not None]
    found["gradient_images"] = len(with_gradients)
    found["gradient_files"] = _share(
        sum(area >= _GRADIENT_KEPT for area in with_gradients), len(with_gradients)
    )
    found["gradient_area"] = fmean(with_gradients) if with_gradients else None
    partly = [row["opacity"] for row in done if row["opacity"] is not None]
    found["opacity_images"] = len(partly)
    found["opacity_kept"] = _share(sum(lost <= _OPACITY_KEPT for lost in partly), len(partly))
    return found


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _wins(own: dict[str, Row], theirs: list[Row]) -> dict[str, Any]:
    """Return the share of images on which this project is better; a draw counts half.

    Who gives no drawing loses.
    """
    if not theirs or theirs[0]["tracer"] == OURS:
        return {}
    pairs = [(own[row["name"]], row) for row in theirs if row["name"] in own]
    return {
        f"better_by_{name}": fmean(_better(ours, other, name) for ours, other in pairs)
        for name in ("turn", "error", "colour")
    }


def _better(ours: Row, other: Row, name: str) -> float:
    mine = float("inf") if ours.get("failed") else ours[name]
    theirs = float("inf") if other.get("failed") else other[name]
    return 0.5 if mine == theirs else float(mine < theirs)


def describe(results: dict[str, Any]) -> str:
    """Return the results as Markdown tables."""
    lines = [
        "*Off*: drawn outline from the true one, mean; *lost*: true outline from the drawn one, "
        "99th percentile; pixels of the upload. *Turn*: degrees, mean / 95th percentile.",
        "",
        "| upload | images | tracer | off | lost | parts lost | turn | nodes | of the source's "
        "| CIEDE2000 | error | KB | CPU ms | ours better by turn | by error | by colour |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    cells = [
        (kind, group, tracer, found)
        for kind, groups in results["figures"].items()
        for group, tracers in groups.items()
        for tracer, found in tracers.items()
    ]
    lines += [_line(*cell) for cell in cells]
    lines += [
        "",
        "| upload | images | shapes: recall | in paths, too | precision "
        "| gradients kept: files | area "
        "| opacity kept |",
        "|---|---|---|---|---|---|---|---|",
    ]
    lines += [_kept(kind, group, found) for kind, group, tracer, found in cells if tracer == OURS]
    if results.get("steps"):
        lines += ["", *_steps(results["steps"])]
    if results["missing_peers"]:
        missing = ", ".join(results["missing_peers"])
        lines += ["", f"Not installed, so not compared: {missing} (scripts/peers.sh)."]
    return "\n".join(lines)


def _steps(found: dict[str, dict[str, float]]) -> list[str]:
    steps = list(dict.fromkeys(step for taken in found.values() for step in taken))
    lines = [f"| CPU ms, median | {' | '.join(steps)} |", "|---" * (len(steps) + 1) + "|"]
    for label, taken in found.items():
        cells = [f"{taken[step]:.1f}" if step in taken else "-" for step in steps]
        lines.append(f"| {label} | {' | '.join(cells)} |")
    return lines


def _line(kind: str, group: str, tracer: str, found: dict[str, Any]) -> str:
    images = f"{group} ({found['images']})"
    if "off" not in found:
        return f"| {kind} | {images} | {tracer} | all failed |" + " |" * 12
    failed = f" ({found['failed']} failed)" if found["failed"] else ""
    wins = [_percent(found.get(f"better_by_{name}")) for name in ("turn", "error", "colour")]
    return (
        f"| {kind} | {images} | {tracer}{failed} | {found['off']:.3f} | {found['lost']:.2f} "
        f"| {found['parts_lost']} of {found['parts']} "
        f"| {found['turn']:.2f} / {found['turn95']:.1f} | {found['nodes']:.0f} "
        f"| {found['nodes_ratio']:.1f} | {found['colour']:.2f} / {found['colour95']:.1f} "
        f"| {found['error']:.2f} | {found['kb']:.1f} | {found['ms']:.0f} | {' | '.join(wins)} |"
    )


def _kept(kind: str, group: str, found: dict[str, Any]) -> str:
    if "off" not in found:
        return f"| {kind} | {group} | all failed |" + " |" * 5
    return (
        f"| {kind} | {group} | {_percent(found['recall'])} of {found['shapes_true']} "
        f"| {_percent(found['recall_in_paths_too'])} "
        f"| {_percent(found['precision'])} of {found['shapes_drawn']} "
        f"| {_percent(found['gradient_files'])} of {found['gradient_images']} "
        f"| {_percent(found['gradient_area'])} "
        f"| {_percent(found['opacity_kept'])} of {found['opacity_images']} |"
    )


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.0f} %"
