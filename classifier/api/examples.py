"""What each of the API's objects looks like: the examples of the OpenAPI document."""

from typing import Any

_MOMENT, _LATER = "2026-01-31T12:00:00Z", "2026-01-31T13:10:00Z"
_DATASET_FINGERPRINT = "9b1c7f0a52de"
_HASH = "4e07408562bedb8b60ce05c1decfe3ad16b72230967de01f640b7e4729b49fce"

_DATASET = {
    "id": 1,
    "name": "logos-1",
    "source": "packages",
    "synthetic": False,
    "status": "ready",
    "fingerprint": _DATASET_FINGERPRINT,
    "created_at": _MOMENT,
}
_RUN = {
    "id": 12,
    "dataset": 1,
    "dataset_fingerprint": _DATASET_FINGERPRINT,
    "config": {"backbone": "efficientnet_lite0", "batch_size": 32, "learning_rate": 0.003},
    "status": "running",
    "stage": "finetune",
    "progress": 0.62,
    "seconds_left": 840.0,
    "error": "",
    "version": None,
    "created_at": _MOMENT,
    "started_at": _MOMENT,
    "finished_at": None,
}
_TRIAL = {
    "number": 3,
    "values": {"learning_rate": 0.0021, "dropout": 0.2},
    "status": "complete",
    "value": 0.874,
    "curve": [0.71, 0.82, 0.874],
    "progress": 1.0,
    "error": "",
    "started_at": _MOMENT,
    "finished_at": _LATER,
}
_STUDY = {
    "id": 4,
    "dataset": 1,
    "dataset_fingerprint": _DATASET_FINGERPRINT,
    "config": {"backbone": "efficientnet_lite0", "batch_size": 32},
    "space": {"learning_rate": [0.0003, 0.01], "dropout": [0.0, 0.5]},
    "trial_count": 12,
    "share": 0.3,
    "epochs": 3,
    "parallel": 1,
    "status": "succeeded",
    "error": "",
    "importances": {"learning_rate": 0.81, "dropout": 0.19},
    "created_at": _MOMENT,
    "finished_at": _LATER,
}
_VERSION = {
    "id": 7,
    "name": "lite0-128-5",
    "stage": "production",
    "run": 12,
    "bundled": False,
    "backbone": "efficientnet_lite0",
    "input_size": 128,
    "dataset_fingerprint": _DATASET_FINGERPRINT,
    "manifest_sha256": _HASH,
    "created_at": _LATER,
    "promoted_at": _LATER,
}
_FEEDBACK = {"right": False, "true_type": "text"}

EXAMPLES: dict[str, Any] = {
    "Dataset": _DATASET,
    "DatasetDetail": _DATASET
    | {
        "seed": 7,
        "dropped": {"duplicate": 41},
        "error": "",
        "counts": {"train": {"simple": 410, "text": 395, "gradient": 402, "complex": 388}},
    },
    "Epoch": {
        "epoch": 5,
        "stage": "finetune",
        "train_loss": 0.41,
        "train_accuracy": 0.9,
        "val_loss": 0.47,
        "val_accuracy": 0.88,
        "learning_rate": 0.0016,
        "backbone_learning_rate": 0.00016,
        "gradient_norm": 1.3,
        "images_per_second": 31.0,
        "seconds": 52.4,
        "memory_mb": 1210.0,
        "train_loss_max": 1.9,
        "gradient_norm_max": 4.2,
        "non_finite_steps": 0,
        "val_confusion": [[88, 4, 3, 5], [3, 92, 1, 4], [4, 1, 90, 5], [6, 3, 7, 84]],
    },
    "Evaluation": {
        "id": 21,
        "version": 7,
        "dataset": 1,
        "dataset_fingerprint": _DATASET_FINGERPRINT,
        "synthetic": False,
        "split": "test",
        "method": "hybrid",
        "sample_count": 480,
        "accuracy": 0.886,
        "metrics": {"macro_f1": 0.884, "ece": 0.021},
        "created_at": _LATER,
    },
    "Feedback": _FEEDBACK,
    "FeedbackRequest": _FEEDBACK,
    "Health": {"problem": ""},
    "NewRunRequest": {"dataset": 1, "config": {"backbone": "efficientnet_lite0", "head": "simple"}},
    "NewStudyRequest": {
        "dataset": 1,
        "config": {"backbone": "efficientnet_lite0"},
        "parameters": ["learning_rate", "dropout"],
        "trials": 12,
        "share": 0.3,
        "epochs": 3,
        "parallel": 1,
    },
    "Prediction": {
        "id": "0b5f2c1e-6f0d-4a55-9d0c-3f6b8f2f7c11",
        "logo_type": "simple",
        "confidence": 0.93,
        "certain": True,
        "familiar": True,
        "method": "hybrid",
        "model_version": "lite0-128-5",
        "milliseconds": 11.2,
        "cached": False,
        "right": False,
        "true_type": "text",
        "created_at": _MOMENT,
    },
    "Problem": {
        "type": "about:blank",
        "title": "Bad Request",
        "status": 400,
        "detail": "config.batch_size: must be at least 2, not 1",
        "errors": {"config.batch_size": ["must be at least 2, not 1"]},
    },
    "Promotion": {
        "id": 3,
        "version": 7,
        "version_name": "lite0-128-5",
        "kind": "promoted",
        "by": "ada",
        "reason": "Better on text, as good elsewhere.",
        "red": [],
        "at": _LATER,
        "ended_at": None,
        "traffic": {"answers": 1840, "right": 0.91},
    },
    "PromotionRequestRequest": {"reason": "Better on text, as good elsewhere."},
    "Proposal": {
        "sha256": _HASH,
        "label": "text",
        "status": "proposed",
        "consent_at": _MOMENT,
    },
    "Run": _RUN,
    "RunDetail": _RUN | {"plain_train_accuracy": None, "live": {}, "analysis": {}},
    "Study": _STUDY,
    "StudyDetail": _STUDY
    | {
        "best": _TRIAL,
        "best_config": {"backbone": "efficientnet_lite0", "learning_rate": 0.0021},
        "seconds_left": None,
    },
    "Trial": _TRIAL,
    "Version": _VERSION,
    "VersionDetail": _VERSION
    | {
        "gate": [
            {"name": "Accuracy", "found": "88.6%", "wanted": "at least 88.0%", "passed": True}
        ],
        "manifest": {"name": "lite0-128-5", "classes": ["simple", "text", "gradient", "complex"]},
    },
}
