# The dashboard as an image: one for the web server, the job runner and every command of manage.py.
FROM python:3.13-slim AS build
WORKDIR /app
COPY requirements.txt ./
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir --require-hashes --no-deps -r requirements.txt

FROM python:3.13-slim
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 VAR_DIR=/var/lib/models-dashboard
RUN useradd --system --uid 10001 --home-dir /nonexistent dashboard \
    && install -d -o dashboard -g dashboard -m 0700 "$VAR_DIR"
COPY --from=build /venv /venv
WORKDIR /app
COPY manage.py gunicorn.conf.py ./
COPY dashboard dashboard
COPY models_ui models_ui
COPY templates templates
COPY static static
COPY locale locale
# Files that are served belong to the image, so its root may be read-only; a key of this step alone signs nothing.
RUN python -m compileall -q /app \
    && VAR_DIR=/tmp/build SECRET_KEY=only-for-this-step STATIC_ROOT=/app/collected python manage.py collectstatic --no-input \
    && rm -rf /tmp/build
ENV STATIC_ROOT=/app/collected
USER dashboard
VOLUME ["/var/lib/models-dashboard"]
EXPOSE 8000
CMD ["gunicorn", "dashboard.wsgi", "--bind=0.0.0.0:8000", "--workers=2", "--threads=8", "--no-control-socket"]
