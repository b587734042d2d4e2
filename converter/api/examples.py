"""Answers as the OpenAPI document shows them."""

from drf_spectacular.utils import OpenApiExample

_CONVERSION = "/api/v1/conversions/0b5f2c1e-6f0d-4a55-9d0c-3f6b8f2f7c11"
_BATCH = "/api/v1/batches/5d7c1d34-9f53-4a0e-8f0e-5b8d8e9f1a22"

CONVERSION_EXAMPLE = OpenApiExample(
    "A converted logo",
    response_only=True,
    status_codes=["200", "201"],
    value={
        "id": "0b5f2c1e-6f0d-4a55-9d0c-3f6b8f2f7c11",
        "name": "acme.png",
        "width": 256,
        "height": 256,
        "logo_type": "simple",
        "confidence": 0.93,
        "probabilities": {"simple": 0.93, "text": 0.05, "gradient": 0.01, "complex": 0.01},
        "method": "hybrid",
        "model_version": "lite0-128-6",
        "preset": "simple",
        "policy": None,
        "reason": "The classifier says simple (93% sure).",
        "adjustments": {"colours": 4, "ground": "transparent"},
        "corrected": False,
        "notice": "",
        "fidelity": 0.991,
        "paths": 3,
        "shapes": 1,
        "nodes": 42,
        "colours": 2,
        "svg_bytes": 1480,
        "milliseconds": {"classify": 11, "trace": 190},
        "created_at": "2026-01-31T12:00:00Z",
        "svg": f"{_CONVERSION}/svg/",
    },
)

BATCH_EXAMPLE = OpenApiExample(
    "A batch of two, one of them converted",
    response_only=True,
    status_codes=["200", "202"],
    value={
        "id": "5d7c1d34-9f53-4a0e-8f0e-5b8d8e9f1a22",
        "url": f"{_BATCH}/",
        "zip": f"{_BATCH}/zip/",
        "preset": "",
        "logo_type": "",
        "adjustments": {},
        "created_at": "2026-01-31T12:00:00Z",
        "progress": {
            "total": 2,
            "done": 1,
            "failed": 0,
            "cancelled": 0,
            "share": 0.5,
            "seconds_left": 0.4,
            "is_active": True,
        },
        "items": [
            {
                "position": 0,
                "name": "acme.png",
                "status": "done",
                "message": "",
                "conversion": f"{_CONVERSION}/",
            },
            {
                "position": 1,
                "name": "bolt.png",
                "status": "waiting",
                "message": "",
                "conversion": "",
            },
        ],
    },
)
