"""Django's and Celery's settings. What an operator may choose comes from ``webui.environment``."""

from django.utils.csp import CSP

from webui.environment import ROOT, current
from webui.static_files import address_of

SERVICE = current()
NETWORK = SERVICE.network
MAILSEAL_SANDBOX = SERVICE.is_sandboxed
MAILSEAL_SANDBOX_GREETING_S = SERVICE.sandbox_greeting_s
MAILSEAL_LEASE_S = SERVICE.lease_s
MAILSEAL_CONTACT = SERVICE.contact
MAILSEAL_HTTPS = SERVICE.is_https
MAILSEAL_METRICS_NETWORKS = SERVICE.metrics_networks
MAILSEAL_PROXIES = SERVICE.proxies
MAILSEAL_TRUSTED_TOKENS = SERVICE.trusted_tokens

DEBUG = SERVICE.is_debug
SECRET_KEY = SERVICE.secret_key
ALLOWED_HOSTS = list(SERVICE.hosts)
ROOT_URLCONF = "webui.urls"
INSTALLED_APPS = ["webui", "webui.scans", "django.contrib.staticfiles"]
# All of it sync, and static files served before it (webui/asgi.py): one change of threads a request.
MIDDLEWARE = [
    "webui.metrics.count_requests",
    # Where what somebody sent stands beside a secret that stays the same, the length would tell the secret (BREACH).
    # It does nowhere: secrets that delete links stand in no page, and the API's answer to each order has a new one.
    "django.middleware.gzip.GZipMiddleware",
    "webui.problems.ProblemDetails",
    "django.middleware.security.SecurityMiddleware",
    "webui.headers.permissions_policy",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django.middleware.common.CommonMiddleware",
    "webui.outage.OutagePage",
    "webui.origin.OriginMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": False,
        "OPTIONS": {
            "context_processors": ["django.template.context_processors.request", "webui.vantage.vantage_notice"]
        },
    }
]
DATABASES = {"default": SERVICE.database}
LANGUAGE_CODE = "en-gb"
USE_I18N = False
TIME_ZONE = "UTC"

STATICFILES_DIRS = [ROOT / "static"]
STATIC_URL = address_of(STATICFILES_DIRS[0])

# Nothing inline, nothing from elsewhere: what strangers wrote is shown, so a slip in a template must stay harmless.
SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF],
    "font-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "form-action": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
}
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
# With no-referrer browsers would post our own forms with "Origin: null", which webui.origin refuses.
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if MAILSEAL_HTTPS else 0  # browsers hear it over https only
SILENCED_SYSTEM_CHECKS = ["security.W003"]  # CSRF is webui.origin's, without a cookie
if MAILSEAL_HTTPS:
    SILENCED_SYSTEM_CHECKS += [
        "security.W005",  # HSTS for subdomains: what else lives below the site's name isn't ours to decide
        "security.W021",  # HSTS preloading: likewise, and nearly for ever
        # Sending people on to https is for the proxy in front: behind it plain http is right, for itself and for health
        # checks, and one that MAILSEAL_PROXIES doesn't name would be sent round in circles.
        "security.W008",
    ]
DATA_UPLOAD_MAX_MEMORY_SIZE = 64 * 1024

CELERY_BROKER_URL = SERVICE.broker_url
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
# Or a broker that hangs keeps whoever publishes for ever. Workers wait for longer (webui.celery).
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_connect_timeout": 2, "socket_timeout": 1, "health_check_interval": 5}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_DEFAULT_QUEUE = "interactive"
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE = {
    # One that nobody took before the next is due would only repeat it.
    "sweep": {
        "task": "webui.scans.tasks.sweep",
        "schedule": 2.0,
        "options": {"queue": "interactive", "expires": 2.0},
    },
    "remove-expired": {
        "task": "webui.scans.tasks.remove_expired",
        "schedule": 600.0,
        "options": {"queue": "background", "expires": 600.0},
    },
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"text": {"()": "webui.logs.Line"}, "json": {"()": "webui.logs.JsonLine"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": SERVICE.log}},
    "root": {"handlers": ["console"], "level": SERVICE.log_level.upper()},
    "loggers": {
        # A sweep every two seconds, and each task twice, would bury what matters.
        **{
            name: {"level": "WARNING"}
            for name in ("celery.beat", "celery.worker", "celery.apps.worker", "celery.app.trace", "kombu")
        },
        # The web server writes in a way of its own, unless it is told.
        **{name: {"handlers": [], "propagate": True} for name in ("uvicorn", "uvicorn.error")},
        "uvicorn.access": {"handlers": [], "propagate": False},  # no list of visits, as the page about privacy says
        # Anybody can send any Host: that is refused, and nothing for who is woken by errors.
        "django.security.DisallowedHost": {"level": "CRITICAL"},
        # So would each page that isn't there, each misspelt domain, and what Celery has to say about its next version.
        **{name: {"level": "ERROR"} for name in ("django.request", "py.warnings")},
    },
}
