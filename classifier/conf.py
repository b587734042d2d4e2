"""Every setting of the plug-in: its name in Django's settings, type, default, and what it does.

Code reads `conf.MAX_PIXELS`; a host sets `CLASSIFIER_MAX_PIXELS`. A host that passes on its
environment may give text, which is read as the setting's type. The table in docs/operations.md
is made from this list.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

PREFIX = "CLASSIFIER_"
_TRUE, _FALSE = ("1", "true", "yes", "on"), ("0", "false", "no", "off", "")


@dataclass(frozen=True)
class Setting:
    """One setting. `default` is None where a host has to choose."""

    name: str
    type: type
    default: Any
    help: str

    @property
    def full_name(self) -> str:
        """What a host calls it."""
        return PREFIX + self.name


SETTINGS = (
    Setting("ROOT", Path, None, "Folder of datasets, runs and versions; not a public one."),
    Setting("MAX_UPLOAD_BYTES", int, 20 * 2**20, "Largest image that the API takes, in bytes."),
    Setting("MAX_PIXELS", int, 64_000_000, "Largest image that is decoded, in pixels."),
    Setting("MAX_IMAGES", int, 64, "Most images in one request."),
    Setting("MAX_IMAGES_BYTES", int, 64 * 2**20, "Most bytes of all images in one request."),
    Setting("MAX_IMPORT_BYTES", int, 2**30, "Largest zip of images that a dataset is made of."),
    Setting("MAX_VERSION_BYTES", int, 256 * 2**20, "Largest version that is imported, unpacked."),
    Setting("THREADS", int, 1, "Cores for one classification; more help where requests are rare."),
    Setting("CACHE_SECONDS", int, 3600, "How long the answer for a file is remembered; 0: not."),
    Setting("ANONYMOUS_RATE", str, "300/min", "API requests per address; empty: no limit."),
    Setting("USER_RATE", str, "3000/min", "API requests per account; empty: no limit."),
    Setting("TRAFFIC_DAYS", int, 30, "How long live answers are kept."),
    Setting("SHADOW_SHARE", float, 1.0, "Share of uploads that the shadow version answers, too."),
    Setting("COLLECT_PROPOSALS", bool, False, "Take logos that uploaders give to the data set."),
    Setting("MLFLOW_TRACKING_URI", str, "", "MLflow server that runs are mirrored to, if any."),
    Setting("MLFLOW_TRACKING_TOKEN", str, "", "What it is asked with, if it wants that."),
    Setting("MLFLOW_NAME", str, "logo-classifier", "Experiment and registered model there."),
    Setting("HEARTBEAT_TIMEOUT_SECONDS", int, 40, "Silence after which a worker's work is lost."),
    Setting("SITE_URL", str, "", "Address of this site, for links in mails and webhooks."),
    Setting("WEBHOOKS_TO_PRIVATE", bool, False, "Let webhooks go to private networks, by http."),
    Setting("START_WORKERS", str, "celery worker", "How people start workers, for messages."),
)
_BY_NAME = {setting.name: setting for setting in SETTINGS}


class Conf:
    """The settings in force: attributes without the prefix, read anew each time."""

    def __getattr__(self, name: str) -> Any:
        """Return a setting's value.

        Raises:
            AttributeError: for an unknown name.
            ImproperlyConfigured: for text that is no such value, or a setting without a default.
        """
        setting = _BY_NAME.get(name)
        if setting is None:
            raise AttributeError(f"The classifier has no setting {PREFIX}{name}.")
        value = getattr(settings, setting.full_name, setting.default)
        if value is None:
            raise ImproperlyConfigured(f"{setting.full_name} must be set. {setting.help}")
        if isinstance(value, str) and setting.type is not str:
            return _read(setting, value)
        return value


def _read(setting: Setting, text: str) -> Any:
    """Read a value that came from the environment; empty text means the default."""
    try:
        if setting.type is bool:
            if text.lower() in _TRUE + _FALSE:
                return text.lower() in _TRUE
            raise ValueError
        return setting.type(text) if text else setting.default
    except ValueError as error:
        kind = setting.type.__name__
        raise ImproperlyConfigured(f"{setting.full_name}={text!r} is no {kind}.") from error


def settings_table() -> str:
    """Return all settings as a Markdown table."""
    lines = ["| setting | default | what it does |", "|---|---|---|"]
    for setting in SETTINGS:
        default = "has to be set" if setting.default is None else f"`{setting.default}`"
        lines.append(f"| `{setting.full_name}` | {default} | {setting.help} |")
    return "\n".join(lines)


conf = Conf()
