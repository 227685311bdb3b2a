"""Every setting in one place, read from the environment (each secret also as NAME_FILE).

What is missing or unsafe is reported by `manage.py check` (tryon.operations.checks): it says what to set.
"""

import logging
import secrets
import tomllib
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from celery.schedules import crontab
from csp.constants import NONE, SELF
from environ import FileAwareEnv

env = FileAwareEnv()

BASE_DIR = Path(__file__).resolve().parent.parent
# The real environment beats the file; ENV_FILE names another one, empty means none.
if env_file := env("ENV_FILE", default=str(BASE_DIR / ".env")):
    env.read_env(env_file)
DATA_DIR = Path(env("DATA_DIR", default=str(BASE_DIR / "var"))).resolve()


def _generated(name: str) -> str:
    """A secret that `up` generated into DATA_DIR, or "" where there is none."""
    file = DATA_DIR / name
    return file.read_text().strip() if file.is_file() else ""


def _number_or_none(name: str, default: float | None) -> float | None:
    """A cap: unset gives the default, empty gives None (no cap)."""
    text = env(name, default=None)
    if text is None:
        return default
    return float(text) if text.strip() else None


# Security -------------------------------------------------------------------------------------------
DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY_GIVEN = env("SECRET_KEY", default="") or _generated("secret_key")
EMBEDDED = bool(_generated("secret_key"))  # `up` looks after this data folder
SECRET_KEY = SECRET_KEY_GIVEN or secrets.token_urlsafe(50)
HTTPS = env.bool("HTTPS", default=False)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "blob:", "data:"],
        "connect-src": [SELF],
        "font-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "manifest-src": [SELF],
    }
}

# The gateway and the making of pictures -------------------------------------------------------------
SANDBOX_KEY = "llmtr-sandbox"
LLMTR_API_KEY = env("LLMTR_API_KEY", default="")
LLMTR_BASE_URL = env("LLMTR_BASE_URL", default="https://llmtr.com")
LLMTR_MODEL = env("LLMTR_MODEL", default="google/gemini-3.1-flash-image")
# docker-compose.yml brings a sandbox along: where no key is set, it is the gateway.
if not LLMTR_API_KEY and (_sandbox := env("SANDBOX_URL", default="")):
    LLMTR_API_KEY, LLMTR_BASE_URL = SANDBOX_KEY, _sandbox
SANDBOX = LLMTR_API_KEY == SANDBOX_KEY
PICTURES_PER_CALL = env.int("PICTURES_PER_CALL", default=1)
PROMPT_STYLE = env("PROMPT_STYLE", default="compact")
# Pictures by their https address, for members; the address is passed on, and nothing is fetched here.
LINKED_PICTURES = env.bool("LINKED_PICTURES", default=True)
# Pictures inside the call in place of /v1/files: always, so that no copy rests there; or where uploads fail.
INLINE_REFERENCES = env.bool("INLINE_REFERENCES", default=False)
INLINE_FALLBACK = env.bool("INLINE_FALLBACK", default=True)
INLINE_MEGABYTES = env.float("INLINE_MEGABYTES", default=8)
MOST_SENDS = 5
MOST_CRASHES = 3
MOST_SILENT = 5  # calls in a row without a word of the gateway
RETRY_ANSWERED_ERRORS = env.bool("RETRY_ANSWERED_ERRORS", default=False)
RETRY_UNAVAILABLE = env.bool("RETRY_UNAVAILABLE", default=True)
GENERATION_SECONDS = env.float("GENERATION_SECONDS", default=180)
UPLOAD_SECONDS = env.float("UPLOAD_SECONDS", default=60)
PUSH_SECONDS = env.float("PUSH_SECONDS", default=4)
CLAIM_LEASE_SECONDS = env.float("CLAIM_LEASE_SECONDS", default=90)
INTENT_LEASE_SECONDS = env.float("INTENT_LEASE_SECONDS", default=GENERATION_SECONDS + 60)
FILE_LIFETIME_HOURS = 7 * 24
FILE_MARGIN_HOURS = env.float("FILE_MARGIN_HOURS", default=12)
RENEW_USED_DAYS = env.float("RENEW_USED_DAYS", default=3)
RENEW_HOURS = 24  # before a file would not be used any more
SWEEP_SECONDS = env.float("SWEEP_SECONDS", default=30)
BREAKER_SECONDS = env.float("BREAKER_SECONDS", default=30)
LINE_RETRY_SECONDS = env.float("LINE_RETRY_SECONDS", default=600)
QUEUED_HOURS = env.float("QUEUED_HOURS", default=24)

# Caps: with a real key there are defaults, with the sandbox none -----------------------------------
PICTURES_PER_DAY_GUEST = _number_or_none("PICTURES_PER_DAY_GUEST", None if SANDBOX else 10)
PICTURES_PER_DAY_ACCOUNT = _number_or_none("PICTURES_PER_DAY_ACCOUNT", None if SANDBOX else 50)
SPEND_PER_DAY = _number_or_none("SPEND_PER_DAY", None if SANDBOX else 5)
SPEND_PER_MONTH = _number_or_none("SPEND_PER_MONTH", None if SANDBOX else 50)
PRICE_FALLBACK = _number_or_none("PRICE_FALLBACK", None)

# Who may do what ------------------------------------------------------------------------------------
GUESTS = env.bool("GUESTS", default=False)
SIGNUP = env("SIGNUP", default="closed")
REVIEW = env("REVIEW", default="before_sharing")
PERSON_PHOTO_DAYS = env.int("PERSON_PHOTO_DAYS", default=30)
SITE_NAME = env("SITE_NAME", default="Tryon")

# Django ---------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "tryon.accounts",
    "tryon",
    "gallery",
    "allauth",
    "allauth.account",
    "csp",
    "django_htmx",
    "django_structlog",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]
MIDDLEWARE = [
    "tryon.operations.logs.RequestLogMiddleware",
    "tryon.web.views.health.ProbesMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "tryon.accounts.middleware.VisitorMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]
ROOT_URLCONF = "tryon.urls"
WSGI_APPLICATION = "tryon.wsgi.application"
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
                "tryon.web.context.site",
            ]
        },
    }
]
DATABASES = {"default": env.db("DATABASE_URL", default=f"sqlite:///{DATA_DIR / 'tryon.sqlite3'}")}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
    }
else:
    # What DATABASE_URL says after its "?" comes last: sslmode, or the folder of a socket.
    _options = {"connect_timeout": 5} | DATABASES["default"].get("OPTIONS", {})
    if _most := env.int("DATABASE_POOL", default=0):
        # Work that waits for the gateway gives its connection back: far fewer are enough than there are
        # threads. Between two tries to connect the pool waits ever longer, until it begins anew after
        # reconnect_timeout: so a server that was away for an hour is found within seconds.
        _options["pool"] = {"min_size": 1, "max_size": _most, "timeout": 20, "reconnect_timeout": 5}
    _age = 0 if _most else 60
    DATABASES["default"] |= {"CONN_HEALTH_CHECKS": True, "CONN_MAX_AGE": _age, "OPTIONS": _options}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# Shared between processes and independent of Redis: a dead broker must not break the log-in.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "cache"}}

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "tryon.web.account_adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
# The limits on log-ins count by this address; without the header, by that of the connection.
ALLAUTH_TRUSTED_CLIENT_IP_HEADER = env("CLIENT_IP_HEADER", default="") or None

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "static/"
STATIC_ROOT = env("STATIC_ROOT", default=str(BASE_DIR / "staticfiles"))
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = DATA_DIR / "media"
SPOOL_DIR = DATA_DIR / "spool"
# Behind a proxy: the internal location by which it sends media itself ("/protected/"); "" sends them here.
MEDIA_ACCEL = env("MEDIA_ACCEL", default="")
# What people take back, outside the database: a restored backup replays it. Best on another disk.
DELETIONS_LOG = env("DELETIONS_LOG", default="") or str(DATA_DIR / "deletions.log")
# Pictures in an S3 bucket in place of MEDIA_ROOT: private, reached through this site alone.
MEDIA_S3_BUCKET = env("MEDIA_S3_BUCKET", default="")
MEDIA_S3 = {
    "bucket_name": MEDIA_S3_BUCKET,
    "endpoint_url": env("MEDIA_S3_ENDPOINT", default="") or None,
    "region_name": env("MEDIA_S3_REGION", default="") or None,
    "location": env("MEDIA_S3_PREFIX", default=""),
    "signed": env.bool("MEDIA_S3_SIGNED", default=False),
    "access_key": env("AWS_ACCESS_KEY_ID", default="") or None,
    "secret_key": env("AWS_SECRET_ACCESS_KEY", default="") or None,
    "security_token": env("AWS_SESSION_TOKEN", default="") or None,
}
if MEDIA_S3_BUCKET and MEDIA_S3["signed"]:  # where the browser is sent for its owner's own pictures
    _s3 = MEDIA_S3["endpoint_url"] or f"https://{MEDIA_S3_BUCKET}.s3.{MEDIA_S3['region_name']}.amazonaws.com"
    CONTENT_SECURITY_POLICY["DIRECTIVES"]["img-src"].append(_s3)
STORAGES = {
    "default": {"BACKEND": "gallery.bucket.Bucket", "OPTIONS": MEDIA_S3}
    if MEDIA_S3_BUCKET
    else {"BACKEND": "gallery.media.DurableStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FILES = 8
FILE_UPLOAD_MAX_MEMORY_SIZE = 0
FILE_UPLOAD_HANDLERS = ["tryon.web.upload_handler.BoundedUploadHandler"]
EMAIL_CONFIG = env.email("EMAIL_URL", default="consolemail://")
vars().update(EMAIL_CONFIG)

# Celery: the row is the truth, a message only says "look at this row" -------------------------------
REDIS_URL = env("REDIS_URL", default="")
CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://")
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "calls"
CELERY_TASK_ROUTES = {
    "tryon.tasks.generate": {"queue": "calls"},
    "tryon.tasks.*": {"queue": "renditions"},
}
CELERY_TASK_PUBLISH_RETRY = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS = {
    # A dead broker must cost the sender a moment only: what was not sent is sent by the sweep.
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0.1,
    "socket_connect_timeout": 1,
    "socket_timeout": 10,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
}
CELERY_BEAT_SCHEDULE = {
    "sweep": {"task": "tryon.tasks.sweep", "schedule": SWEEP_SECONDS},
    "purge": {"task": "tryon.tasks.purge", "schedule": env.float("PURGE_SECONDS", default=300)},
    "renew": {"task": "tryon.tasks.renew", "schedule": env.float("RENEW_SECONDS", default=3600)},
    "catalogue": {"task": "tryon.tasks.refresh_catalogue", "schedule": 3600.0},
    "ledger": {"task": "tryon.tasks.check_ledger", "schedule": crontab(hour=3, minute=17)},
}

# Seeing what the server does --------------------------------------------------------------------------
VERSION = tomllib.loads((BASE_DIR / "pyproject.toml").read_text())["project"]["version"]
REVISION = env("REVISION", default="")
METRICS_TOKEN = env("METRICS_TOKEN", default="")
READY_WAIT_SECONDS = env.float("READY_WAIT_SECONDS", default=600)
SENTRY_DSN = env("SENTRY_DSN", default="")
if SENTRY_DSN and find_spec("sentry_sdk"):  # where it is missing, `check` says so
    import_module("tryon.operations.sentry").begin(SENTRY_DSN, f"tryon@{VERSION}")
TRUST_REQUEST_ID = env.bool("TRUST_REQUEST_ID", default=False)
LOG_FORMAT = env("LOG_FORMAT", default="console" if EMBEDDED or DEBUG else "json")
DJANGO_STRUCTLOG_CELERY_ENABLED = True
DJANGO_STRUCTLOG_CELERY_TASK_START_LOG_LEVEL = logging.DEBUG  # a task has one line, at its end
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "tryon.operations.logs.formatter", "form": LOG_FORMAT}},
    "filters": {"with_traceback": {"()": "tryon.operations.logs.WithTraceback"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env("LOG_LEVEL", default="INFO")},
    "loggers": {
        # Said better elsewhere: a request and a task have a line of their own, with all their ids.
        "django.request": {"level": "ERROR", "filters": ["with_traceback"]},
        "celery.app.trace": {"level": "CRITICAL"},
        **{name: {"level": "WARNING"} for name in ("celery.worker.strategy", "celery.beat", "httpx")},
        # These would tell the contents of rows, files and answers.
        **{name: {"level": "WARNING"} for name in ("httpcore", "PIL", "django.db.backends")},
        # Gunicorn writes addresses into some lines; they go the way of all others.
        **{f"gunicorn.{of}": {"handlers": ["console"], "propagate": False} for of in ("error", "access")},
    },
}
