"""Every setting, in one file; what may differ between installations comes from the environment or from `.env`.

Without `MISTRAL_API_KEY` the dashboard is a demo: it talks to the sandbox, keeps its own database, and shows
three demo people on the login page. With a key none of that exists. `.env.example` lists the variables.
"""

import hashlib
from pathlib import Path
from urllib.parse import quote

import environ
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from dashboard.environment import flag, listing, number, pairs, roles, secret, text, whole
from dashboard.sign_on import check_sign_on
from models_ui.private_files import complain_of_open, keep_database_private, keep_private, warn_once
from models_ui.secret_files import BrokenFile, check_readable, read_or_create_secret, read_port

BASE_DIR = Path(__file__).resolve().parent.parent
try:
    check_readable(BASE_DIR / ".env")
except BrokenFile as error:
    raise ImproperlyConfigured(str(error)) from None
# What the environment itself says wins over the file. A comment in it needs a line of its own.
environ.Env.read_env(BASE_DIR / ".env")

# What this installation keeps, and nothing else writes: databases, the demo's state, collected files, secrets.
VAR_DIR = Path(text("VAR_DIR", str(BASE_DIR / "var"))).absolute()
try:
    VAR_DIR.mkdir(parents=True, exist_ok=True)
except OSError as error:
    raise ImproperlyConfigured(f"VAR_DIR={VAR_DIR} cannot be made: {error.strerror}.") from None
warn_once([*complain_of_open(BASE_DIR / ".env"), *keep_private(VAR_DIR)])

# Where `manage.py serve` listens, on this machine alone; a web server in front of it is what others reach.
PORT = whole("PORT", 8000, 1, 65535)
WEB_CONCURRENCY = whole("WEB_CONCURRENCY", 2, 1, 100)

# --- The Models API ---------------------------------------------------------------------------------------------

MISTRAL_API_KEY = secret("MISTRAL_API_KEY")
DEMO = not MISTRAL_API_KEY
# Unless it is set, `serve` chooses another one where this is taken, and keeps it for the next start.
SANDBOX_PORT = whole("SANDBOX_PORT", read_port(VAR_DIR / "sandbox_port", 8001), 1, 65535)
if DEMO:
    # The sandbox checks this key as upstream would; it opens nothing else.
    MISTRAL_API_KEY = "sandbox-key"
    MODELS_API_BASE_URL = f"http://127.0.0.1:{SANDBOX_PORT}/v1"
else:
    MODELS_API_BASE_URL = text("MODELS_API_BASE_URL", "https://api.mistral.ai/v1")
MODELS_API_DIALECT = text("MODELS_API_DIALECT", "auto")
if DEMO and MODELS_API_DIALECT == "auto":
    MODELS_API_DIALECT = "platform"  # the sandbox speaks both; the demo shows what Mistral's own service can do
MODELS_API_TIMEOUT = number("MODELS_API_TIMEOUT", 10)
MODELS_API_TOTAL_TIMEOUT = number("MODELS_API_TOTAL_TIMEOUT", 20)
# Seconds after which a page asks for a new sync behind itself.
MODELS_STALE_AFTER = number("MODELS_STALE_AFTER", 300)
# Whether a fine-tune must be archived before it can be deleted.
DELETE_REQUIRES_ARCHIVE = flag("DELETE_REQUIRES_ARCHIVE")
# Days between the decision to delete a fine-tune and the deletion, in which it is archived; 0 deletes at once.
DELETE_GRACE_DAYS = whole("DELETE_GRACE_DAYS", 7, 0, 365)
# Whether the person who asks for a deletion and the Manager who accepts it must be two people.
DELETE_NEEDS_TWO = flag("DELETE_NEEDS_TWO")

# --- Demo people ------------------------------------------------------------------------------------------------

DEMO_PASSWORD = text("DEMO_PASSWORD")

# --- Django -----------------------------------------------------------------------------------------------------

try:
    SECRET_KEY = secret("SECRET_KEY") or read_or_create_secret(VAR_DIR / "secret_key", 50)
except OSError as error:
    raise ImproperlyConfigured(f"VAR_DIR={VAR_DIR} cannot be used by this user: {error.strerror}.") from None
except BrokenFile as error:
    raise ImproperlyConfigured(str(error)) from None
DEBUG = flag("DEBUG")
# Whether superusers may look at tables in Django's admin below /admin/. What people need is on pages of our own.
DJANGO_ADMIN = flag("DJANGO_ADMIN")
# Whether people reach the dashboard over HTTPS: makes cookies secure and redirects plain HTTP.
HTTPS = flag("HTTPS")
ALLOWED_HOSTS = listing("ALLOWED_HOSTS") or ["127.0.0.1", "localhost", "[::1]"]
CSRF_TRUSTED_ORIGINS = listing("CSRF_TRUSTED_ORIGINS")

# Whether others than this machine may reach the dashboard. What is safe here only is refused there.
SERVES_OTHERS = HTTPS or not {"127.0.0.1", "localhost", "[::1]"}.issuperset(ALLOWED_HOSTS)
if SERVES_OTHERS:
    if "*" in ALLOWED_HOSTS:
        raise ImproperlyConfigured("ALLOWED_HOSTS=* takes every name for ours. Name the hosts that people use.")
    if DEBUG:
        raise ImproperlyConfigured("DEBUG=on shows every detail of an error, and HTTPS or ALLOWED_HOSTS let others in.")
    if DEMO:
        raise ImproperlyConfigured(
            "MISTRAL_API_KEY is not set, and HTTPS or ALLOWED_HOSTS let others in. The demo, whose passwords stand on "
            "its login page, is for this machine alone."
        )
    if len(SECRET_KEY) < 50 or len(set(SECRET_KEY)) < 5 or SECRET_KEY.startswith("django-insecure-"):
        raise ImproperlyConfigured(
            "SECRET_KEY is too weak: take 50 random characters, or leave it out and one is made."
        )

INSTALLED_APPS = [
    "models_ui",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.usersessions",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "django_htmx",
    "template_partials",
]

MIDDLEWARE = [
    "models_ui.web.metrics.MetricsMiddleware",
    "models_ui.web.middleware.HeadMiddleware",
    "models_ui.web.middleware.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "models_ui.web.middleware.ResourcePolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "models_ui.web.compression.CompressionMiddleware",
    "models_ui.web.middleware.ContentSecurityPolicyMiddleware",
    "models_ui.web.middleware.PrivatePagesMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "models_ui.web.gate.GateMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "models_ui.web.middleware.HtmxResponseMiddleware",
    "models_ui.web.middleware.WrongMethodMiddleware",
    "models_ui.web.middleware.LoginMiddleware",
    "models_ui.web.middleware.PasswordPagesMiddleware",
    "models_ui.web.middleware.PersonMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "models_ui.web.second_factors.SecondFactorMiddleware",
]

ROOT_URLCONF = "dashboard.urls"
WSGI_APPLICATION = "dashboard.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "template_partials.loader.Loader",
                    [
                        (
                            "django.template.loaders.cached.Loader",
                            [
                                "django.template.loaders.filesystem.Loader",
                                "django.template.loaders.app_directories.Loader",
                            ],
                        )
                    ],
                )
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "models_ui.web.context_processors.frame_context",
            ],
        },
    },
]

# The `cache` tag of templates has a store of its own, and none with DEBUG, so that an edited template shows at once.
_MEMORY = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "OPTIONS": {"MAX_ENTRIES": 1000}}
_NOTHING = {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}
CACHES = {"default": _MEMORY, "template_fragments": _NOTHING if DEBUG else {**_MEMORY, "LOCATION": "fragments"}}

# The demo has a database of its own. Where DATABASE_URL is set none the less, `serve` and `demo` make nobody in it.
DATABASE_URL = secret("DATABASE_URL") or "sqlite:///" + quote(
    str(VAR_DIR / ("demo.sqlite3" if DEMO else "dashboard.sqlite3"))
)
if not DATABASE_URL.startswith(("sqlite:", "postgres:", "postgresql:")):
    raise ImproperlyConfigured("DATABASE_URL must begin with postgresql:// or sqlite:///.")
try:
    DATABASES = {"default": environ.Env.db_url_config(DATABASE_URL)}
except ValueError:
    raise ImproperlyConfigured("DATABASE_URL has a port that is no number.") from None
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    warn_once(keep_database_private(str(DATABASES["default"]["NAME"])))
    # Readers never wait for a writer (WAL); writers queue instead of failing half-way (IMMEDIATE).
    DATABASES["default"].setdefault("OPTIONS", {}).update(
        transaction_mode="IMMEDIATE",
        timeout=20,
        init_command="PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    )
else:
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
# Opening a connection costs more than a page's queries do.
DATABASES["default"].setdefault("CONN_MAX_AGE", 60)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# The largest body that is read, in bytes: several times what the longest form holds. Files are not taken at all.
DATA_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024
FILE_UPLOAD_HANDLERS: list[str] = []

# --- People -----------------------------------------------------------------------------------------------------

AUTHENTICATION_BACKENDS = ["models_ui.web.account_backend.AccountBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "catalog"
ACCOUNT_ADAPTER = "models_ui.web.account_adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_RATE_LIMITS = {"login_failed": "20/m/ip,5/300s/key"}
# Seconds for which a sign-in counts before a deletion, a private link, a role or an export of activity asks for the
# password or a second factor anew; 0 never asks.
REAUTHENTICATE_AFTER = whole("REAUTHENTICATE_AFTER", 900, 0, 86_400)
# The roles that need a second factor; a higher role needs one, too.
MFA_REQUIRED_ROLES = roles("MFA_REQUIRED_ROLES")
MFA_ADAPTER = "models_ui.web.second_factors.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_FORMS = {
    "add_webauthn": "models_ui.web.passkeys.AddPasskeyForm",
    "edit_webauthn": "models_ui.web.passkeys.RenamePasskeyForm",
    "authenticate_webauthn": "models_ui.web.passkeys.AuthenticatePasskeyForm",
    "reauthenticate_webauthn": "models_ui.web.passkeys.ReauthenticatePasskeyForm",
}
MFA_TOTP_TOLERANCE = 1  # periods of 30 seconds by which a phone may be wrong
MFA_ALLOW_UNVERIFIED_EMAIL = True  # nobody signs up here, so an address that waits takes nobody's account
# Proxies in front that add to X-Forwarded-For. Too few, and all people behind them share one limit on failed logins.
ALLAUTH_TRUSTED_PROXY_COUNT = whole("TRUSTED_PROXY_COUNT", 0, 0, 100)

# --- Sessions ---------------------------------------------------------------------------------------------------

# Hours without use after which a person has to sign in again, and days after which they have to in any case.
SESSION_IDLE_HOURS = whole("SESSION_IDLE_HOURS", 12, 1, 8760)
SESSION_MAX_DAYS = whole("SESSION_MAX_DAYS", 14, 1, 365)
SESSION_COOKIE_AGE = SESSION_MAX_DAYS * 86_400

# --- Single sign-on ---------------------------------------------------------------------------------------------

# The identity provider that people sign in by. Its issuer as the provider itself writes it.
OIDC_ISSUER = secret("OIDC_ISSUER")
OIDC_CLIENT_ID = secret("OIDC_CLIENT_ID")
OIDC_CLIENT_SECRET = secret("OIDC_CLIENT_SECRET")
OIDC_NAME = text("OIDC_NAME")  # what people call it: the name on the button
OIDC_SCOPES = text("OIDC_SCOPES", "openid profile email").split()
OIDC_GROUPS_CLAIM = text("OIDC_GROUPS_CLAIM", "groups")
# Roles by group, renewed at each sign-in; `*` stands for everybody else. Without any, Managers give roles here.
OIDC_ROLES = pairs("OIDC_ROLES")
# Whether somebody new takes the account that has their e-mail address, if the provider vouches for that address.
OIDC_LINK_BY_EMAIL = flag("OIDC_LINK_BY_EMAIL")
# Whether people may also sign in with a password that is kept here.
PASSWORD_SIGN_IN = flag("PASSWORD_SIGN_IN", "on")
check_sign_on(OIDC_ISSUER, OIDC_CLIENT_ID, OIDC_CLIENT_SECRET, OIDC_ROLES, takes_passwords=PASSWORD_SIGN_IN)
SOCIALACCOUNT_ADAPTER = "models_ui.web.sign_on.SignOnAdapter"
SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"provider_class": "models_ui.web.sign_on.SignOnProvider"}}
SOCIALACCOUNT_LOGIN_ON_GET = SOCIALACCOUNT_STORE_TOKENS = SOCIALACCOUNT_EMAIL_AUTHENTICATION = False

try:
    vars().update(environ.Env.email_url_config(secret("EMAIL_URL") or "consolemail://"))
except (ImproperlyConfigured, ValueError):
    raise ImproperlyConfigured("EMAIL_URL must look like smtp+tls://user:password@host:587.") from None
DEFAULT_FROM_EMAIL = text("DEFAULT_FROM_EMAIL", "models@localhost")
vars().setdefault("EMAIL_TIMEOUT", 20)  # seconds; Django would wait for a silent server for ever

# --- Feeds, mails and digests -----------------------------------------------------------------------------------

# Where people reach the dashboard: what feeds and mails link to. Unset, feeds link to the host that they are read at,
# and digests, which no request tells of a host, to this machine.
DASHBOARD_URL = text("DASHBOARD_URL").rstrip("/")
if DASHBOARD_URL and not DASHBOARD_URL.startswith(("https://", "http://")):
    raise ImproperlyConfigured("DASHBOARD_URL must begin with https:// or http://.")
# Whoever has this address can post as the dashboard. By its name Django knows to leave it out of what it prints.
DIGEST_WEBHOOK_SECRET_URL = secret("DIGEST_WEBHOOK_URL")
DIGEST_WEBHOOK_ALLOW_PRIVATE = flag("DIGEST_WEBHOOK_ALLOW_PRIVATE")

# --- Metrics ---------------------------------------------------------------------------------------------------------

# What Prometheus sends to read /metrics. Without it only this machine itself may.
METRICS_TOKEN = secret("METRICS_TOKEN")

# --- The schedule ---------------------------------------------------------------------------------------------------

# Whether run_jobs also syncs every ten minutes, sends the digest once a day and clears old sessions, without cron.
SCHEDULE = flag("SCHEDULE")
DIGEST_HOUR = whole("DIGEST_HOUR", 7, 0, 23)  # in UTC

# --- What the browser is told -----------------------------------------------------------------------------------

# The name and the shape are Django 6's own, so that moving there deletes our ContentSecurityPolicyMiddleware.
SECURE_CSP = {
    "default-src": ["'none'"],
    "script-src": ["'self'"],
    "style-src": ["'self'"],
    "img-src": ["'self'", "data:"],
    "connect-src": ["'self'"],
    "font-src": ["'self'"],
    "form-action": ["'self'"],
    "frame-ancestors": ["'none'"],
    "base-uri": ["'none'"],
}
X_FRAME_OPTIONS = "DENY"
# Browsers keep cookies by host, whatever the port or path: two installations on one host need names of their own, and
# all machines of one installation the same. A digest of the secret is both, and tells nothing of it.
INSTALLATION = hashlib.sha256(b"cookie names:" + SECRET_KEY.encode()).hexdigest()[:12]
SESSION_ENGINE = "models_ui.web.session_store"
# Over HTTPS the name itself keeps neighbouring hosts and plain HTTP from setting the cookie.
COOKIE_PREFIX = "__Host-" if HTTPS else ""
SESSION_COOKIE_NAME = f"{COOKIE_PREFIX}sessionid_{INSTALLATION}"
CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}csrftoken_{INSTALLATION}"
LANGUAGE_COOKIE_NAME = f"{COOKIE_PREFIX}language_{INSTALLATION}"
MESSAGE_STORAGE = "models_ui.web.message_storage.MessageStorage"
MESSAGE_COOKIE_NAME = f"{COOKIE_PREFIX}messages_{INSTALLATION}"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"  # as Django has it for the others
CSRF_FAILURE_VIEW = "models_ui.views.errors.csrf_failure"
if HTTPS:
    SECURE_SSL_REDIRECT = True
    # A load balancer asks these over plain HTTP.
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
    SECURE_HSTS_SECONDS = 31_536_000
    # gunicorn speaks plain HTTP to the web server in front, which has to set this header itself.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# A dashboard speaks for its own host name, not for every name below it, nor for browsers' preload lists.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]

# --- Language, time, files, log ---------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("fr", _("French"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = "models_ui.formats"
TIME_ZONE = "UTC"

STATIC_PATH = STATIC_URL = "static/"  # below the path that the server mounts the dashboard at
STATIC_ROOT = Path(text("STATIC_ROOT", str(VAR_DIR / "static"))).absolute()
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "models_ui.web.static_files.StaticFiles"},
}

LOG_FORMAT = text("LOG_FORMAT", "line")
if LOG_FORMAT not in ("line", "json"):
    raise ImproperlyConfigured(f"LOG_FORMAT={LOG_FORMAT} must be line or json.")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        "request_id": {"()": "models_ui.log_filters.RequestIdFilter"},
        "direction": {"()": "models_ui.log_filters.DirectionFilter"},
        "refusals": {"()": "models_ui.log_filters.RefusalFilter"},
        "secrets": {"()": "models_ui.log_filters.SecretsFilter", "webhook": DIGEST_WEBHOOK_SECRET_URL},
    },
    "formatters": {
        "line": {"format": "%(asctime)s %(levelname)s %(name)s [%(request_id)s] %(message)s"},
        "json": {"()": "models_ui.log_filters.JsonFormatter"},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": LOG_FORMAT,
            "filters": ["request_id", "secrets", "refusals", "direction"],
        }
    },
    "root": {"handlers": ["console"], "level": text("LOG_LEVEL", "INFO")},
    # Its own handler writes to the console only in debug mode; ours always does.
    "loggers": {
        "django": {"handlers": [], "propagate": True},
        # These name the address that was asked for.
        "django.request": {"filters": ["secrets"]},
        "django.security.csrf": {"filters": ["secrets"]},
        "urllib3.connectionpool": {"filters": ["secrets"]},
        "django.server": {"handlers": ["console"], "filters": ["secrets"], "propagate": False},
    },
}
