"""Every setting in one place, read from the environment (each secret also as NAME_FILE).

What is missing or unsafe is reported by `manage.py check` (tryon.operations.checks): it says what to set.
"""

import logging
import os
import secrets
import tomllib
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from celery.schedules import crontab
from csp.constants import NONE, SELF

from tryon.operations.environment import env, load
from tryon.operations.environment.reader import MOST_DAYS

BASE_DIR = Path(__file__).resolve().parent.parent
# The real environment beats the file; ENV_FILE names another one, empty means none.
if "ENV_FILE" in os.environ:
    if _named := env.text("ENV_FILE"):
        load(Path(_named), os.environ)
elif (BASE_DIR / ".env").is_file():
    load(BASE_DIR / ".env", os.environ)
DATA_DIR = env.path("DATA_DIR", BASE_DIR / "var")


def _generated(name: str) -> str:
    """A secret that `up` generated into DATA_DIR, or "" where there is none."""
    file = DATA_DIR / name
    return file.read_text().strip() if file.is_file() else ""


# Security -------------------------------------------------------------------------------------------
DEBUG = env.switch("DEBUG", False)
SECRET_KEY_GIVEN = env.secret("SECRET_KEY") or _generated("secret_key")
EMBEDDED = bool(_generated("secret_key"))  # `up` looks after this data folder
SECRET_KEY = SECRET_KEY_GIVEN or secrets.token_urlsafe(50)
# The address of the site. Links, mails and the origin of forms are made from it, and a request that calls the
# site by another host or port is refused. Unset, it is the first full name of ALLOWED_HOSTS, else where `up`
# or compose's proxy listens.
SITE_URL = env.origin("SITE_URL")
_local = ["127.0.0.1", "localhost", "[::1]"]
_full_names = [name for name in env.items("ALLOWED_HOSTS") if name not in _local and name[0] not in ".*"]
_bind = env.text("BIND", "127.0.0.1")
_port = env.whole("PORT", 8000, most=65535)
if not SITE_URL and _full_names:
    SITE_URL = f"{'https' if env.switch('HTTPS', False) else 'http'}://{_full_names[0]}"
elif not SITE_URL and _port and _bind not in ("0.0.0.0", "[::]"):  # noqa: S104 - these are no address to call
    SITE_URL = f"http://{_bind}" if _port == 80 else f"http://{_bind}:{_port}"
_site = urlsplit(SITE_URL)
HTTPS = env.switch("HTTPS", _site.scheme == "https")
_suffix = f":{_site.port}" if _site.port else ""
_host = _site.netloc.removesuffix(_suffix)
# Further names of the site, at the same port; where it is this machine's own, all that this one has.
_names = env.items("ALLOWED_HOSTS", _local if _host in ["", *_local] else [])
ALLOWED_HOSTS = list(dict.fromkeys([*filter(None, [_host]), *_names]))
CSRF_TRUSTED_ORIGINS = env.items("CSRF_TRUSTED_ORIGINS")
if SITE_URL:
    _origins = [f"{_site.scheme}://{'*' * name.startswith('.')}{name}{_suffix}" for name in ALLOWED_HOSTS]
    CSRF_TRUSTED_ORIGINS = list(dict.fromkeys(_origins + CSRF_TRUSTED_ORIGINS))
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
# Promises for every name below the site's: the operator's to give, and hard to take back.
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.switch("HSTS_SUBDOMAINS", False) and HTTPS
SECURE_HSTS_PRELOAD = env.switch("HSTS_PRELOAD", False) and HTTPS
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]  # which ask for these two
STAFF_IDLE_HOURS = 12  # until a member of staff who does nothing is signed out
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
LLMTR_API_KEY = env.text("LLMTR_API_KEY")
LLMTR_BASE_URL = env.text("LLMTR_BASE_URL", "https://llmtr.com")
LLMTR_MODEL = env.text("LLMTR_MODEL")  # none: the first of an order that the gateway lists
# docker-compose.yml brings a sandbox along: where no key is set, it is the gateway.
if not LLMTR_API_KEY and (_sandbox := env.url("SANDBOX_URL", ["http", "https"])):
    LLMTR_API_KEY, LLMTR_BASE_URL = SANDBOX_KEY, _sandbox
SANDBOX = LLMTR_API_KEY == SANDBOX_KEY
PICTURES_PER_CALL = env.whole("PICTURES_PER_CALL", 1)
PROMPT_STYLE = env.text("PROMPT_STYLE", "compact")
# Pictures by their https address, for members; the address is passed on, and nothing is fetched here.
LINKED_PICTURES = env.switch("LINKED_PICTURES", True)
# Pictures inside the call in place of /v1/files: always, so that no copy rests there; or where uploads fail.
INLINE_REFERENCES = env.switch("INLINE_REFERENCES", False)
INLINE_FALLBACK = env.switch("INLINE_FALLBACK", True)
INLINE_MEGABYTES = env.number("INLINE_MEGABYTES", 8)
MOST_SENDS = 5
MOST_CRASHES = 3
MOST_SILENT = 5  # calls in a row without a word of the gateway
RETRY_ANSWERED_ERRORS = env.switch("RETRY_ANSWERED_ERRORS", False)
RETRY_UNAVAILABLE = env.switch("RETRY_UNAVAILABLE", True)
GENERATION_SECONDS = env.number("GENERATION_SECONDS", 180)
UPLOAD_SECONDS = env.number("UPLOAD_SECONDS", 60)
PUSH_SECONDS = env.number("PUSH_SECONDS", 4)
CLAIM_LEASE_SECONDS = env.number("CLAIM_LEASE_SECONDS", 90)
INTENT_LEASE_SECONDS = env.number("INTENT_LEASE_SECONDS", GENERATION_SECONDS + 60)
FILE_LIFETIME_HOURS = 7 * 24
FILE_MARGIN_HOURS = env.number("FILE_MARGIN_HOURS", 12)
RENEW_USED_DAYS = env.number("RENEW_USED_DAYS", 3, most=MOST_DAYS)
RENEW_HOURS = 24  # before a file would not be used any more
SWEEP_SECONDS = env.number("SWEEP_SECONDS", 30)
BREAKER_SECONDS = env.number("BREAKER_SECONDS", 30)
LINE_RETRY_SECONDS = env.number("LINE_RETRY_SECONDS", 600)
QUEUED_HOURS = env.number("QUEUED_HOURS", 24)

# Caps: with a real key there are defaults, with the sandbox none -----------------------------------
PICTURES_PER_DAY_GUEST = env.whole_or_none("PICTURES_PER_DAY_GUEST", None if SANDBOX else 10)
PICTURES_PER_DAY_ACCOUNT = env.whole_or_none("PICTURES_PER_DAY_ACCOUNT", None if SANDBOX else 50)
# By client address, and counted for guests alone.
PICTURES_PER_HOUR_ADDRESS = env.whole_or_none("PICTURES_PER_HOUR_ADDRESS", None if SANDBOX else 20)
PICTURES_PER_DAY_ADDRESS = env.whole_or_none("PICTURES_PER_DAY_ADDRESS", None if SANDBOX else 60)
SPEND_PER_DAY = env.number_or_none("SPEND_PER_DAY", None if SANDBOX else 5)
SPEND_PER_MONTH = env.number_or_none("SPEND_PER_MONTH", None if SANDBOX else 50)
# What all guests together may take of the site's day and month; the whole of it where sign-up is closed.
GUESTS_SHARE = env.number("GUESTS_SHARE", 0.5, most=1)
# Empty was "no cap" once, and is "unset" now: `check` tells of those that are left.
EMPTY_CAPS = [
    name
    for name in ("PICTURES_PER_DAY_GUEST", "PICTURES_PER_DAY_ACCOUNT", "SPEND_PER_DAY", "SPEND_PER_MONTH")
    if env.is_left_empty(name)
]
PRICE_FALLBACK = env.number_or_none("PRICE_FALLBACK", None)
# Whether accounts read what pictures cost; guests never do, staff always.
SHOW_PRICES = env.switch("SHOW_PRICES", not SANDBOX)

# Who may do what ------------------------------------------------------------------------------------
GUESTS = env.switch("GUESTS", False)
SIGNUP = env.text("SIGNUP", "closed")
REVIEW = env.text("REVIEW", "before_sharing")
# Which pictures the desk holds for a check: all, or those that others wait for or have reported.
REVIEW_SCOPE = env.text("REVIEW_SCOPE", "all")
REVIEW_MAIL_HOUR = 6  # of UTC, from when on reviewers are told by mail what waits
# Photos that a guest, and all guests of one address, may send in an hour (tryon/accounts/upload_bounds.py).
UPLOADS_PER_HOUR = env.whole_or_none("UPLOADS_PER_HOUR", 60)
PERSON_PHOTO_DAYS = env.whole("PERSON_PHOTO_DAYS", 30, most=MOST_DAYS)
# After how many days `manage.py backup` removes older backups beside the new one; told on the privacy page.
BACKUP_DAYS = env.whole_or_none("BACKUP_DAYS", None)
SITE_NAME = env.text("SITE_NAME", "Tryon")
# Whether staff show a second factor at the log-in before anything of staff opens; others may have one.
_earnest = HTTPS and bool(LLMTR_API_KEY) and not SANDBOX
STAFF_MFA = env.choice("STAFF_MFA", ["REQUIRED", "OPTIONAL"], "REQUIRED" if _earnest else "OPTIONAL").lower()
# What share links ask of the rest of the site, which the gallery does not know (gallery/sharing/hooks.py).
SHARING_SENDER = "tryon.accounts.client_address.address_digest"
SHARING_ONWARD = "tryon.presenters.gallery.onward.try_on_addresses"

# Django ---------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "tryon.accounts",
    "tryon",
    "gallery",
    "allauth",
    "allauth.account",
    "allauth.usersessions",
    "allauth.mfa",
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
    "tryon.web.middleware.language.LanguageMiddleware",  # ahead of all that says something to people
    "tryon.web.middleware.site_host.SiteHostMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "tryon.web.middleware.compressed_pages.CompressedPagesMiddleware",
    "tryon.web.middleware.default_headers.DefaultHeadersMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "tryon.web.middleware.readable_requests.ReadableRequestMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "tryon.web.middleware.csrf_cookie.CsrfCookieMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "tryon.accounts.middleware.StaffSessionMiddleware",
    "tryon.accounts.middleware.VisitorMiddleware",
    "tryon.accounts.middleware.SecondFactorMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "tryon.web.account_routes.AccountRoutesMiddleware",
    "tryon.web.middleware.not_allowed.NotAllowedMiddleware",
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
            ],
            "builtins": ["tryon.presenters.label_filters"],
        },
    }
]
DATABASES = {"default": env.database("DATABASE_URL", DATA_DIR / "tryon.sqlite3")}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # The last connection to be closed puts the journal away, and nobody reads meanwhile: pages keep theirs
    # open, so that no worker that stands still while it closes one makes them wait.
    DATABASES["default"]["CONN_MAX_AGE"] = None
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        # What is deleted is overwritten, and not merely left out.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON;",
    }
else:
    # What DATABASE_URL says after its "?" comes last: sslmode, or the folder of a socket.
    _options = {"connect_timeout": 5} | DATABASES["default"].get("OPTIONS", {})
    if _most := env.whole("DATABASE_POOL", 0):
        # Work that waits for the gateway gives its connection back: far fewer are enough than there are
        # threads. Between two tries to connect the pool waits ever longer, until it begins anew after
        # reconnect_timeout: so a server that was away for an hour is found within seconds.
        _options["pool"] = {"min_size": 1, "max_size": _most, "timeout": 20, "reconnect_timeout": 5}
    _age = 0 if _most else 60
    DATABASES["default"] |= {"CONN_HEALTH_CHECKS": True, "CONN_MAX_AGE": _age, "OPTIONS": _options}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

EMAIL_CONFIG = env.email("EMAIL_URL")
vars().update(EMAIL_CONFIG)
DELIVERY_BACKEND = EMAIL_CONFIG["EMAIL_BACKEND"]
SENDS_MAIL = not DELIVERY_BACKEND.endswith(".dummy.EmailBackend")
if SENDS_MAIL:
    EMAIL_BACKEND = "tryon.pipeline.notifications.mails.QueueBackend"  # a worker delivers what waits
EMAIL_TIMEOUT = 30

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "tryon.web.account_adapter.AccountAdapter"
ACCOUNT_FORMS = {
    "add_email": "tryon.web.account_forms.ChangeAddressForm",
    "change_password": "tryon.web.account_forms.ChangePasswordForm",
    "login": "tryon.web.account_forms.LogInForm",
    "reauthenticate": "tryon.web.account_forms.ReauthenticateForm",
    "reset_password": "tryon.web.account_forms.ResetPasswordForm",
    "signup": "tryon.web.account_forms.SignUpForm",
}
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_RATE_LIMITS = False  # ours count by account and client address: tryon/accounts/rate_limits.py
# Where mail tells whose an address is, sign-up does not say whether it is taken; without mail it has to.
ACCOUNT_PREVENT_ENUMERATION = "strict" if SENDS_MAIL else True
ACCOUNT_EMAIL_VERIFICATION = "optional" if SENDS_MAIL else "none"
ACCOUNTS_NEED_PROOF = SENDS_MAIL  # until its e-mail is proven, caps take an account for a guest
ACCOUNT_EMAIL_NOTIFICATIONS = SENDS_MAIL  # of a new address to the old one, of a new password
ACCOUNT_CHANGE_EMAIL = True  # one address an account; the new one counts once it is proven
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_METHODS = ["password"]  # allauth 65.22 would take a code by mail as well
ACCOUNT_LOGIN_ON_PASSWORD_RESET = True  # a way in by mail for whom others' tries shut out
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
MFA_ADAPTER = "tryon.web.mfa_adapter.MFAAdapter"
MFA_FORMS = {
    "activate_totp": "tryon.web.mfa_forms.ActivateAppForm",
    "add_webauthn": "tryon.web.mfa_forms.AddPasskeyForm",
    "authenticate": "tryon.web.mfa_forms.CodeForm",
    "authenticate_webauthn": "tryon.web.mfa_forms.PasskeyForm",
    "edit_webauthn": "tryon.web.mfa_forms.RenamePasskeyForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TOTP_TOLERANCE = 1  # clocks of phones are not ours; each code opens once all the same
# Staff of a site without mail have no address that could be proven; who is somebody's, `named` says.
MFA_ALLOW_UNVERIFIED_EMAIL = True
# Limits count by the address that the proxy names in this header; without it, by that of the connection.
CLIENT_IP_HEADER = env.text("CLIENT_IP_HEADER")

# A page speaks the first of these that its reader's browser asks for, else the first of all; mails that a
# worker writes speak that one too. Each but English has its catalogue in LOCALE_PATHS: docs/translations.md.
LANGUAGES = [("en", "English")]
LANGUAGE_CODE = LANGUAGES[0][0]
LOCALE_PATHS = [BASE_DIR / "tryon" / "locale"]
USE_I18N = len(LANGUAGES) > 1  # one language alone needs nothing looked up
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "static/"
STATIC_ROOT = str(env.path("STATIC_ROOT", BASE_DIR / "staticfiles"))
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = DATA_DIR / "media"
SPOOL_DIR = DATA_DIR / "spool"
SEATS_DIR = DATA_DIR / "seats"  # by which all processes and containers of a machine bound their decoding
# Behind a proxy: the internal location by which it sends media itself ("/protected/"); "" sends them here.
MEDIA_ACCEL = env.text("MEDIA_ACCEL")
# What any process of ours makes is its user's alone; a proxy that sends media is in its group.
os.umask(0o027 if MEDIA_ACCEL else 0o077)
FILE_UPLOAD_PERMISSIONS = 0o640 if MEDIA_ACCEL else 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o750 if MEDIA_ACCEL else 0o700
# What people take back, outside the database: a restored backup replays it. Best on another disk.
DELETIONS_LOG = str(env.path("DELETIONS_LOG", DATA_DIR / "deletions.log"))
# Pictures in an S3 bucket in place of MEDIA_ROOT: private, reached through this site alone.
MEDIA_S3_BUCKET = env.text("MEDIA_S3_BUCKET")
MEDIA_S3 = {
    "bucket_name": MEDIA_S3_BUCKET,
    "endpoint_url": env.url("MEDIA_S3_ENDPOINT", ["https", "http"]) or None,
    "region_name": env.text("MEDIA_S3_REGION") or None,
    "location": env.text("MEDIA_S3_PREFIX"),
    "signed": env.switch("MEDIA_S3_SIGNED", False),
    "access_key": env.text("AWS_ACCESS_KEY_ID") or None,
    "secret_key": env.text("AWS_SECRET_ACCESS_KEY") or None,
    "security_token": env.text("AWS_SESSION_TOKEN") or None,
}
if MEDIA_S3_BUCKET and MEDIA_S3["signed"]:  # where the browser is sent for its owner's own pictures
    _s3 = (
        str(MEDIA_S3["endpoint_url"] or "")
        or f"https://{MEDIA_S3_BUCKET}.s3.{MEDIA_S3['region_name']}.amazonaws.com"
    )
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

# Celery: the row is the truth, a message only says "look at this row" -------------------------------
REDIS_URL = env.url("REDIS_URL", ["redis", "rediss", "unix", "redis+socket"])
CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://")
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "calls"
CELERY_TASK_ROUTES = {
    "tryon.tasks.generate": {"queue": "calls"},
    "tryon.tasks.render": {"queue": "renditions"},
    "tryon.tasks.shrink": {"queue": "renditions"},
    "tryon.tasks.*": {"queue": "upkeep"},  # sweeps, mails, deletion: nobody looks at these meanwhile
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
    "purge": {"task": "tryon.tasks.purge", "schedule": env.number("PURGE_SECONDS", 300, least=1)},
    "renew": {"task": "tryon.tasks.renew", "schedule": env.number("RENEW_SECONDS", 3600, least=1)},
    "catalogue": {"task": "tryon.tasks.refresh_catalogue", "schedule": 3600.0},
    "ledger": {"task": "tryon.tasks.check_ledger", "schedule": crontab(hour=3, minute=17)},
}

# Seeing what the server does --------------------------------------------------------------------------
VERSION = tomllib.loads((BASE_DIR / "pyproject.toml").read_text())["project"]["version"]
REVISION = env.text("REVISION")
METRICS_TOKEN = env.text("METRICS_TOKEN")
READY_WAIT_SECONDS = env.number("READY_WAIT_SECONDS", 600)
SENTRY_DSN = env.url("SENTRY_DSN", ["https", "http"])
if SENTRY_DSN and find_spec("sentry_sdk"):  # where it is missing, `check` says so
    import_module("tryon.operations.sentry").begin(SENTRY_DSN, f"tryon@{VERSION}")
TRUST_REQUEST_ID = env.switch("TRUST_REQUEST_ID", False)
LOG_FORMAT = env.text("LOG_FORMAT", "console" if EMBEDDED or DEBUG else "json")
DJANGO_STRUCTLOG_CELERY_ENABLED = True
DJANGO_STRUCTLOG_CELERY_TASK_START_LOG_LEVEL = logging.DEBUG  # a task has one line, at its end
_levels = ["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "tryon.operations.logs.formatter", "form": LOG_FORMAT}},
    "filters": {"with_traceback": {"()": "tryon.operations.logs.WithTraceback"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.choice("LOG_LEVEL", _levels, "INFO")},
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
