"""Settings of the project. Every value has a default that works without a server or a secret."""

from datetime import timedelta
from pathlib import Path

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.templatetags.static import static
from django.urls import reverse_lazy

import classifier
from converter.local.broker import broker_socket, default_broker_url, transport_options
from converter.local.secret_key import local_secret_key

env = environ.Env()

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(env.str("VAR_DIR", default="") or BASE_DIR / "var")
VAR_DIR.mkdir(parents=True, exist_ok=True)

# Core

DEBUG = env.bool("DEBUG", default=False)
PRODUCTION = env.bool("PRODUCTION", default=False)

SECRET_KEY = env.str("SECRET_KEY", default="")
if not SECRET_KEY:
    if PRODUCTION:
        raise ImproperlyConfigured("SECRET_KEY must be set in the environment when PRODUCTION=1.")
    SECRET_KEY = local_secret_key(VAR_DIR)

# "localhost" is always allowed: the converter reaches the classifier in-process under that name.
ALLOWED_HOSTS = [
    *env.list("ALLOWED_HOSTS", default=["127.0.0.1", "[::1]"]),
    *env.list("INTERNAL_HOSTS", default=[]),
    "localhost",
]
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "axes",
    "csp",
    "django_filters",
    "django_htmx",
    "django_otp",
    "django_otp.plugins.otp_static",
    "django_otp.plugins.otp_totp",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "rest_framework",
    "classifier",
    "converter",
]

MIDDLEWARE = [
    "converter.monitoring.request_log.RequestLogMiddleware",
    "converter.monitoring.metrics.MetricsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "converter.protection.headers.HeadersMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "converter.protection.middleware.BodyLimitMiddleware",
    "converter.monitoring.audit_log.AuditLogMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",  # the last one: it turns a lockout into its answer
]

ROOT_URLCONF = "converter.urls"
WSGI_APPLICATION = "converter.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"

AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",  # the first one: it refuses before a password is tried
    "django.contrib.auth.backends.ModelBackend",
]
# So many wrong passwords by one address, or for one account, and none is looked at for a while.
AXES_FAILURE_LIMIT = env.int("SIGN_IN_ATTEMPTS", default=10)
AXES_COOLOFF_TIME = timedelta(minutes=env.int("SIGN_IN_PAUSE_MINUTES", default=15))
AXES_LOCKOUT_PARAMETERS = "converter.protection.signing_in.lockout_parameters"
AXES_LOCKOUT_CALLABLE = "converter.protection.signing_in.locked_out"
AXES_CLIENT_IP_CALLABLE = "converter.protection.addresses.client_address"
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # nobody can keep it going from outside
AXES_VERBOSE = False  # monitoring/sign_ins.py has the lines
# Whether staff can sign in without a second factor: see `manage.py two_factor`.
TWO_FACTOR_REQUIRED = env.bool("TWO_FACTOR_REQUIRED", default=False)
AXES_ENABLE_ADMIN = False
OTP_ADMIN_HIDE_SENSITIVE_DATA = True
OTP_TOTP_ISSUER = "Logo to SVG"

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

# Database: SQLite in var/, or what DATABASE_URL names

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
_DATABASE_FILE = VAR_DIR / "db.sqlite3"
_DATABASE_URL = env.str("DATABASE_URL", default="")
if not _DATABASE_URL:
    _DATABASE_URL = f"sqlite:///{_DATABASE_FILE}"
    # Sessions and hashes of passwords are in it; SQLite gives its other files the same mode.
    _DATABASE_FILE.touch(mode=0o600)
DATABASES = {"default": environ.Env.db_url_config(_DATABASE_URL)}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        # WAL lets the web process read while a worker writes; IMMEDIATE waits for the write lock
        # at the start of a transaction instead of failing in its middle.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
    }
else:
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
# Closing SQLite's last connection empties the WAL, which took longer than classifying a logo.
DATABASES["default"]["CONN_MAX_AGE"] = 60

# Cache: in the memory of each process, the least recently used entries go first

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "OPTIONS": {"MAX_ENTRIES": 2000},
    }
}

# Files

STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATIC_ROOT.mkdir(exist_ok=True)  # whitenoise warns of a missing one
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True
MEDIA_ROOT = VAR_DIR / "media"
# Uploads and drawings go to one storage, and versions to another if machines share no folder.
STORAGES = {
    "default": {
        "BACKEND": env.str("MEDIA_STORAGE", "django.core.files.storage.FileSystemStorage"),
        "OPTIONS": env.json("MEDIA_STORAGE_OPTIONS", {}),
    },
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
if VERSION_STORAGE := env.str("VERSION_STORAGE", ""):
    STORAGES["versions"] = {
        "BACKEND": VERSION_STORAGE,
        "OPTIONS": env.json("VERSION_STORAGE_OPTIONS", {}),
    }
FILE_UPLOAD_PERMISSIONS = 0o640

# Mail, for notices: smtp+tls://NAME:PASSWORD@HOST:587; without it a server on this machine

if EMAIL_URL := env.str("EMAIL_URL", default=""):
    globals().update(env.email_url_config(EMAIL_URL))
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="logo-to-svg@localhost")

# Celery: the embedded broker's socket in var/, or what CELERY_BROKER_URL names

BROKER_SOCKET = broker_socket(VAR_DIR)
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default="") or default_broker_url(BROKER_SOCKET)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # a worker waits for its broker as long as it takes
# Must exceed the longest short task, or that one would be done twice.
QUEUE_VISIBILITY_TIMEOUT = env.int("QUEUE_VISIBILITY_TIMEOUT", default=180)
CELERY_BROKER_TRANSPORT_OPTIONS = transport_options(
    CELERY_BROKER_URL, VAR_DIR, QUEUE_VISIBILITY_TIMEOUT
)
# Short tasks are acknowledged when done; a lost worker's come back. Trainings say otherwise.
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "short"
CELERY_TASK_ROUTES = [
    "classifier.route_task",
    {"converter.tasks.convert_batch_item": {"queue": "conversion"}},
]
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# Redirected, the log's own stream would lead back into the log, and nothing come out.
CELERY_WORKER_REDIRECT_STDOUTS = False
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "beat-schedule")
CELERY_BEAT_SCHEDULE: dict[str, dict[str, object]] = {
    **classifier.schedule(),
    "send-stranded-batch-items": {
        "task": "converter.tasks.send_stranded_batch_items",
        "schedule": 60.0,
    },
    "delete-ownerless-media": {
        "task": "converter.tasks.delete_ownerless_media",
        "schedule": 86_400.0,
    },
    "delete-expired-sessions": {
        "task": "converter.tasks.delete_expired_sessions",
        "schedule": 86_400.0,
    },
    "delete-expired-conversions": {
        "task": "converter.tasks.delete_expired_conversions",
        "schedule": 3600.0,
    },
}

# Classifier: classifier/conf.py has the defaults; what stands in the environment overrides them

globals().update(
    {name: text for name, text in env.ENVIRON.items() if name.startswith("CLASSIFIER_")}
)
CLASSIFIER_ROOT = VAR_DIR / "classifier"  # datasets/, runs/ and versions/ live in it
# Whether uploaders are asked to give a logo whose type they correct to the data set.
CLASSIFIER_COLLECT_PROPOSALS = env.bool("COLLECT_PROPOSALS", default=False)
CONVERTER_OFFER_PROPOSALS = CLASSIFIER_COLLECT_PROPOSALS
# Where MLflow's own tools look for it.
CLASSIFIER_MLFLOW_TRACKING_URI = env.str("MLFLOW_TRACKING_URI", default="")
CLASSIFIER_MLFLOW_TRACKING_TOKEN = env.str("MLFLOW_TRACKING_TOKEN", default="")
CLASSIFIER_START_WORKERS = "make run"

# Converter

CLASSIFIER_TOKEN = env.str("CLASSIFIER_TOKEN", default="")  # for CLASSIFIER_URL, if it asks
CLASSIFIER_URL = env.str("CLASSIFIER_URL", default="")  # empty: this process's own WSGI application
CONVERTER_MAX_UPLOAD_BYTES = env.int("CONVERTER_MAX_UPLOAD_BYTES", default=20 * 2**20)
# How many logos one address, or one user, may have converted; empty: as many as they like.
CONVERTER_ANONYMOUS_RATE = env.str("CONVERTER_ANONYMOUS_RATE", default="120/min")
CONVERTER_USER_RATE = env.str("CONVERTER_USER_RATE", default="1200/min")
# The same for drawings that are made anew while somebody moves controls.
ADJUSTING_ANONYMOUS_RATE = env.str("ADJUSTING_ANONYMOUS_RATE", default="600/min")
ADJUSTING_USER_RATE = env.str("ADJUSTING_USER_RATE", default="6000/min")
# Many logos in one request: how many, and how large in all.
CONVERTER_MAX_BATCH_IMAGES = env.int("CONVERTER_MAX_BATCH_IMAGES", default=200)
CONVERTER_MAX_BATCH_BYTES = env.int("CONVERTER_MAX_BATCH_BYTES", default=200 * 2**20)
DATA_UPLOAD_MAX_NUMBER_FILES = CONVERTER_MAX_BATCH_IMAGES
# An image with more pixels is converted by a worker while its page shows the progress.
CONVERTER_LARGE_PIXELS = env.int("CONVERTER_LARGE_PIXELS", default=4_000_000)
# How many logos one web process converts while their visitors wait, and for how long (0: as long as
# it takes); what exceeds either is converted by a worker.
CONVERTER_INLINE = env.int("CONVERTER_INLINE", default=2)
CONVERTER_INLINE_SECONDS = env.float("CONVERTER_INLINE_SECONDS", default=5.0)
# How many downloads one web process makes at a time; an SVG alone is not made, and always there.
CONVERTER_DOWNLOADS = env.int("CONVERTER_DOWNLOADS", default=2)
# A type that the classifier is less sure of than this goes to the general preset.
CONVERTER_ROUTING_THRESHOLD = env.float("CONVERTER_ROUTING_THRESHOLD", default=0.4)
# A result whose fidelity (the share of pixels that look the same) is lower is tried again with
# another preset.
CONVERTER_POOR_FIDELITY = env.float("CONVERTER_POOR_FIDELITY", default=0.6)
# Warm tracer processes, for each web process and worker.
CONVERTER_TRACERS = env.int("CONVERTER_TRACERS", default=2)
# The tracer's machine code, made at set-up.
CONVERTER_COMPILED = Path(env.str("CONVERTER_COMPILED", default="") or VAR_DIR / "compiled")
CONVERSION_DAYS = env.int("CONVERSION_DAYS", default=7)  # then uploads and drawings are deleted

# What `manage.py benchmark` can measure, by name. These modules import nothing heavy at the top.
METRIC_COLLECTORS = [
    "converter.monitoring.metrics_page.QueueStates",
    "classifier.work.metrics.WorkStates",
]
BENCHMARKS: dict[str, str] = {
    "inference": "classifier.benchmarks.inference.InferenceBenchmark",
    "serving": "classifier.benchmarks.serving.ServingBenchmark",
    "training": "classifier.benchmarks.training.TrainingBenchmark",
    "starting": "classifier.benchmarks.starting.StartingBenchmark",
    "labelling": "classifier.benchmarks.labelling.LabellingBenchmark",
    "conversion": "converter.benchmarks.conversion.ConversionBenchmark",
    "drawing": "converter.benchmarks.drawing.DrawingBenchmark",
}

# An upload is refused where it would leave less room than this on the disk.
MIN_FREE_BYTES = env.int("MIN_FREE_BYTES", default=500 * 2**20)
# What visitors without an account may have stored, all together; 0: no limit.
ANONYMOUS_STORED_BYTES = env.int("ANONYMOUS_STORED_BYTES", default=5 * 2**30)
# Requests larger than this are refused before a view sees them (files are streamed to disk).
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 2**20

# REST API

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        # The first one's header makes an answer to strangers 403 for pages, as they have sessions.
        "rest_framework.authentication.SessionAuthentication",
        "classifier.api.authentication.TokenAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAdminUser"],
    "DEFAULT_THROTTLE_CLASSES": ["classifier.api.throttling.RequestThrottle"],
    "DEFAULT_PARSER_CLASSES": [
        "classifier.api.parsing.PlainJSONParser",
        "rest_framework.parsers.FormParser",
        "rest_framework.parsers.MultiPartParser",
    ],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.PageNumberPagination",
    "PAGE_SIZE": 50,
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "classifier.api.errors.problem_response",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "URL_FORMAT_OVERRIDE": None,  # `?format=` is a drawing's, not an answer's
    # How many proxies stand before web. Only their part of X-Forwarded-For is believed, so that
    # nobody escapes a limit by inventing addresses.
    "NUM_PROXIES": env.int("NUM_PROXIES", default=0),
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Logo to SVG",
    "DESCRIPTION": "Classify raster logos and convert them to SVG.",
    "VERSION": classifier.__version__,
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",  # what comes after it groups the operations by noun
    "TAGS": [
        {"name": "conversions", "description": "One logo at a time: trace it, fetch its drawing."},
        {"name": "batches", "description": "Many logos as one job, with its progress."},
        {"name": "classify", "description": "Tell the type of a logo."},
        {"name": "predictions", "description": "Live answers, and whether they were right."},
        {"name": "proposals", "description": "Give a logo to the data set."},
        {"name": "health", "description": "Whether models serve."},
        {"name": "versions", "description": "Models: evaluate, promote, import. For staff."},
        {"name": "promotions", "description": "What served from when to when. For staff."},
        {"name": "evaluations", "description": "What versions scored. For staff."},
        {"name": "datasets", "description": "Labelled logos. For staff."},
        {"name": "runs", "description": "Training. For staff."},
        {"name": "studies", "description": "Searches for good settings. For staff."},
        {"name": "retrainings", "description": "From new labels to a candidate. For staff."},
        {"name": "notices", "description": "What people and programs were told. For staff."},
    ],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "classifier.api.schema.document_problems",
        "classifier.api.schema.summarize",
        "classifier.api.schema.exemplify",
    ],
    "ENUM_NAME_OVERRIDES": {
        "MethodEnum": "classifier.models.Evaluation.Method",
        "LogoTypeEnum": "classifier.logo_types.CLASS_NAMES",
        "DatasetStatusEnum": "classifier.models.Dataset.Status",
        "RunStatusEnum": "classifier.models.TrainingRun.Status",
        "StudyStatusEnum": "classifier.models.Study.Status",
        "TrialStatusEnum": "classifier.models.Trial.Status",
    },
}

# Security

CONTENT_SECURITY_POLICY = {
    "EXCLUDE_URL_PREFIXES": ("/admin/",),  # protection/headers.py has its policy
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "style-src": [SELF, "'unsafe-inline'"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
    },
}
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "converter.pages.outages.form_expired"
SECURE_REFERRER_POLICY = "same-origin"
if PRODUCTION:
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
    SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
    # Probes and Prometheus come from within, without TLS.
    SECURE_REDIRECT_EXEMPT = ["^healthz$", "^readyz$", "^metrics$"]
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=31_536_000)
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    # A promise for all browsers that is hard to take back: only where the operator gives it.
    SECURE_HSTS_PRELOAD = env.bool("SECURE_HSTS_PRELOAD", default=False)
    SILENCED_SYSTEM_CHECKS = ["security.W021"]  # which wants that promise of everybody

# Tests keep their files, database and queue in a temporary folder

TEST_RUNNER = "tests.support.runner.TemporaryFolderRunner"

# Admin theme

UNFOLD = {
    "SITE_TITLE": "Logo to SVG",
    "SITE_HEADER": "Logo to SVG",
    "SITE_URL": "/",
    "SITE_FAVICONS": [{"rel": "icon", "href": lambda request: static("icon.svg")}],
    "SITE_DROPDOWN": [
        {"icon": "image", "title": "Convert", "link": "/"},
        {
            "icon": "monitoring",
            "title": "Dashboard",
            "link": reverse_lazy("dashboard:overview"),
        },
    ],
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request_id": {"()": "converter.monitoring.request_log.RequestIdFilter"}},
    "formatters": {
        "plain": {"format": "{asctime} {levelname} {request_id} {name}: {message}", "style": "{"},
        "json": {"()": "converter.monitoring.request_log.JsonFormatter"},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "filters": ["request_id"],
            "formatter": env.str("LOG_FORMAT", default="json" if PRODUCTION else "plain"),
        },
    },
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
    # Every request that httpx makes and every table of a DXF would be a line.
    "loggers": {name: {"level": "WARNING"} for name in ("httpx", "ezdxf", "fontTools", "fpdf")},
}
