"""The least that serves a model: an image in the request's body, probabilities in the answer.

What such servers do (`serving.py` compares with it): Pillow, a thumbnail on a square, the graph.
No form, limits, database, metrics, or background; nothing of this project but the file.
"""

import io
import json
import os
from collections.abc import Callable, Iterable

import numpy as np
import onnxruntime
from PIL import Image


def _session() -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(
        os.environ["BARE_MODEL"], options, providers=["CPUExecutionProvider"]
    )


_SESSION = _session()
_SIDE = _SESSION.get_inputs()[0].shape[1]


def application(environ: dict, start_response: Callable) -> Iterable[bytes]:
    """Answer a POST with an image file, by WSGI."""
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    if not body:
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"ready"]
    image = Image.open(io.BytesIO(body)).convert("RGB")
    image.thumbnail((_SIDE, _SIDE))
    square = Image.new("RGB", (_SIDE, _SIDE))
    square.paste(image)
    (logits,) = _SESSION.run(["logits"], {"images": np.asarray(square)[np.newaxis]})
    odds = np.exp(logits[0] - logits[0].max())
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps({"probabilities": (odds / odds.sum()).tolist()}).encode()]
