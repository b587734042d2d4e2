# Two images from one file:  docker build --target web .   and   docker build --target worker .
ARG BASE=python:3.11-slim-bookworm
FROM ${BASE} AS base
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 VAR_DIR=/data MALLOC_ARENA_MAX=2
RUN useradd --system --uid 10001 --home-dir /app app && mkdir /app /data /metrics \
    && chown app /data /metrics
ENV PROMETHEUS_MULTIPROC_DIR=/metrics
WORKDIR /app
VOLUME /data

# Serves pages and the API. No torch.
FROM base AS web
COPY requirements-serve.txt .
RUN pip install --require-hashes -r requirements-serve.txt
COPY . .
USER app
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s CMD \
    ["python", "-c", "import urllib.request as r; r.urlopen('http://localhost:8000/healthz', timeout=4)"]
# gunicorn.conf.py has the rest.
CMD ["gunicorn", "converter.wsgi", "--bind", "0.0.0.0:8000"]

# Runs tasks: conversions, and trainings with torch. GPU=1 keeps what only a graphics card needs.
FROM base AS worker
ARG GPU=0
COPY requirements.txt scripts/without_gpu.sh ./
RUN pip install --require-hashes -r requirements.txt && ([ "$GPU" = 1 ] || sh without_gpu.sh)
COPY . .
USER app
CMD ["celery", "-A", "converter", "worker", "-l", "INFO", "-Q", "short,conversion", "-c", "2"]
