from pathlib import Path

FILES = Path(__file__).resolve().parent.parent / "files"
(FILES / "queue").mkdir(parents=True, exist_ok=True)

SECRET_KEY = "only-for-trying-it-out"
DEBUG = True
ROOT_URLCONF = "shop.urls"
STATIC_URL = "static/"
LOGIN_URL = "admin:login"
INSTALLED_APPS = [f"django.contrib.{app}" for app in ("admin", "auth", "contenttypes")]
INSTALLED_APPS += [f"django.contrib.{app}" for app in ("sessions", "messages", "staticfiles")]
INSTALLED_APPS += ["rest_framework", "django_filters", "django_htmx", "classifier"]
_PARTS = ("sessions.middleware.Session", "auth.middleware.Authentication")
_PARTS += ("messages.middleware.Message",)
MIDDLEWARE = [f"django.contrib.{part}Middleware" for part in _PARTS]
MIDDLEWARE += ["django.middleware.csrf.CsrfViewMiddleware"]
_PROCESSORS = ("template.context_processors.request", "contrib.auth.context_processors.auth")
_PROCESSORS += ("contrib.messages.context_processors.messages",)
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [FILES.parent / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": [f"django.{name}" for name in _PROCESSORS]},
    }
]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": FILES / "db.sqlite3"}}
CLASSIFIER_ROOT = FILES / "classifier"
CELERY_BROKER_URL = "filesystem://"
CELERY_BROKER_TRANSPORT_OPTIONS = {
    f"data_folder_{way}": str(FILES / "queue") for way in ("in", "out")
}
