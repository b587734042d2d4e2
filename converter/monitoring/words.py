"""What people did, in words for the audit log."""

from django.apps import apps

_WORDS = {
    "classifier-api:modelversion-end-shadow": "Ended a shadow version",
    "classifier-api:modelversion-import-archive": "Imported a version",
    "classifier-api:modelversion-promote": "Promoted a version",
    "classifier-api:modelversion-retire": "Retired a version",
    "classifier-api:modelversion-roll-back": "Rolled back to the version before",
    "classifier-api:modelversion-shadow": "Set the shadow version",
    "classifier-api:study-cancel": "Cancelled a study",
    "classifier-api:study-list": "Started a study",
    "classifier-api:study-resume": "Resumed a study",
    "classifier-api:trainingrun-cancel": "Cancelled a training run",
    "classifier-api:trainingrun-list": "Started a training run",
    "classifier-api:trainingrun-resume": "Resumed a training run",
    "dashboard:build_cancel": "Cancelled a dataset's building",
    "dashboard:compare_evaluate": "Started evaluations of two versions",
    "dashboard:correct": "Corrected a label",
    "dashboard:dataset_mend": "Mended a dataset's split",
    "dashboard:ensemble_new": "Built an ensemble",
    "dashboard:evaluation_cancel": "Cancelled an evaluation",
    "dashboard:label_check_cancel": "Cancelled a check of labels",
    "dashboard:label_check_start": "Started a check of labels",
    "dashboard:label_next_answer": "Labelled a logo that was chosen",
    "dashboard:label_next_cancel": "Cancelled a choice of logos to label",
    "dashboard:label_next_start": "Started a choice of logos to label",
    "dashboard:label_next_undo": "Took a label back",
    "dashboard:label_next_undo_last": "Took the last label back",
    "dashboard:mirror_again": "Told MLflow again what it missed",
    "dashboard:notice_subscribe": "Subscribed somebody to notices",
    "dashboard:notice_try": "Sent a trial notice",
    "dashboard:notice_unsubscribe": "Ended a subscription to notices",
    "dashboard:proposal_decide": "Decided on a proposal",
    "dashboard:rate_test_cancel": "Cancelled a learning rate test",
    "dashboard:rate_test_start": "Started a learning rate test",
    "dashboard:relabel": "Corrected a label",
    "dashboard:retraining_resume": "Resumed a retraining",
    "dashboard:retraining_schedule": "Changed the schedule of retraining",
    "dashboard:retraining_start": "Started a retraining",
    "dashboard:run_cancel": "Cancelled a training run",
    "dashboard:run_describe": "Described a training run",
    "dashboard:run_resume": "Resumed a training run",
    "dashboard:shadow_end": "Ended the shadow version",
    "dashboard:shadow_start": "Set the shadow version",
    "dashboard:study_cancel": "Cancelled a study",
    "dashboard:study_new": "Started a study",
    "dashboard:study_resume": "Resumed a study",
    "dashboard:study_train": "Started a training with a study's best values",
    "dashboard:variants_measure": "Started measuring variants",
    "dashboard:version_evaluate": "Started an evaluation",
    "dashboard:version_promote": "Promoted a version",
    "dashboard:version_roll_back": "Rolled back to the version before",
    "dashboard:work_cancel": "Cancelled work",
}
_IN_THE_ADMIN = {"add": "Added", "change": "Changed", "delete": "Deleted", "changelist": "Changed"}


def words_for(view_name: str) -> str:
    """Return what somebody did who used a page or endpoint, such as "Promoted a version"."""
    if view_name in _WORDS:
        return _WORDS[view_name]
    space, _, name = view_name.partition(":")
    app, _, rest = name.partition("_")
    model, _, verb = rest.partition("_")
    if space == "admin" and verb in _IN_THE_ADMIN:
        return f"{_IN_THE_ADMIN[verb]}: {_title(app, model)}"
    if space == "admin" and verb:
        return f"{verb.replace('_', ' ').capitalize()}: {_title(app, model)}"
    return (name or view_name).replace("_", " ").replace("-", " ").capitalize()


def _title(app: str, model: str) -> str:
    try:
        return str(apps.get_model(app, model)._meta.verbose_name)
    except LookupError:
        return model
