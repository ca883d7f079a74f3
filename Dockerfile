# Mailseal's image: web, workers and beat are the same one with different commands (docker-compose.yml).
# Two stages, so that what builds is not what runs. No root, nothing written outside /data and /tmp.
FROM python:3.13-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
COPY requirements.txt requirements-postgres.txt /build/
RUN python -m venv /venv \
 && /venv/bin/pip install --require-hashes -r /build/requirements.txt -r /build/requirements-postgres.txt

FROM python:3.13-slim-bookworm
# The image is whole: manage.py must not look for another Python, nor make an environment of its own.
ENV PATH=/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    MAILSEAL_NO_BOOTSTRAP=1 \
    MAILSEAL_VAR=/data \
    MAILSEAL_SANDBOX=off
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin mailseal \
 && install -d -o mailseal -g mailseal -m 700 /data
COPY --from=build /venv /venv
WORKDIR /app
COPY manage.py bootstrap.py requirements.txt LICENSE ./
COPY checker checker
COPY webui webui
COPY sandbox sandbox
COPY benchmarks benchmarks
COPY templates templates
COPY static static
USER 10001
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s --retries=3 \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["python", "-m", "uvicorn", "webui.asgi:application", "--host", "0.0.0.0", "--port", "8000", "--log-level", "warning", "--no-access-log", "--no-server-header", "--lifespan", "off", "--no-proxy-headers", "--timeout-graceful-shutdown", "3"]
