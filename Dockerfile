# Three images from one build: migrate, gateway, resolver. Each holds the locked packages and its own code only.
#   docker build --target gateway --tag suyuan-gateway .

FROM python:3.11-slim-bookworm AS packages
COPY requirements/run.lock /tmp/run.lock
RUN python -m venv /opt/suyuan \
 && /opt/suyuan/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes --only-binary :all: \
        --requirement /tmp/run.lock \
 && /opt/suyuan/bin/pip uninstall --yes pip setuptools

FROM python:3.11-slim-bookworm AS base
# The signing keys' folder and that of bodies on their way exist, and are the user's, so that fresh volumes are so too.
RUN groupadd --system --gid 10001 suyuan \
 && useradd --system --uid 10001 --gid 10001 --no-create-home --shell /usr/sbin/nologin suyuan \
 && install --directory --owner=10001 --group=10001 --mode=0700 /var/lib/suyuan/signing /var/lib/suyuan/spool
COPY --from=packages /opt/suyuan /opt/suyuan
ENV PATH=/opt/suyuan/bin:$PATH \
    PYTHONPATH=/app \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
WORKDIR /app
COPY LICENSE ./
COPY scripts/__init__.py scripts/
COPY scripts/system/__init__.py scripts/system/probe.py scripts/system/
COPY schemas/ schemas/
USER 10001:10001

FROM base AS migrate
COPY scripts/system/migrate.py scripts/system/
# Runs once and ends.
HEALTHCHECK NONE
ENTRYPOINT ["python", "-m", "scripts.system.migrate"]

FROM base AS gateway
COPY gateway/ gateway/
EXPOSE 9464
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-m", "scripts.system.probe", "http://127.0.0.1:9464/ready"]
ENTRYPOINT ["python", "-m", "gateway"]
CMD ["run"]

FROM base AS resolver
COPY resolver/ resolver/
ENV SUYUAN_HTTP_HOST=0.0.0.0 \
    SUYUAN_HTTP_PORT=8000 \
    SUYUAN_SIGNING_KEY_DIR=/var/lib/suyuan/signing
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-m", "scripts.system.probe", "http://127.0.0.1:8000/ready"]
ENTRYPOINT ["python", "-m", "resolver"]
CMD ["serve"]
