# One image per service: docker build --build-arg SERVICE=review --tag paet-review .
# Where no registry answers, BASE and UV are images of your own: any Python 3.11 or newer with a shell, and a folder with uv.
ARG BASE=python:3.11-slim
ARG UV=ghcr.io/astral-sh/uv:0.13.9

FROM ${UV} AS uv

# Picks the one service, and apart from it what its dependencies are made of: they are installed anew only when that changes.
FROM ${BASE} AS source
ARG SERVICE
WORKDIR /source
COPY pyproject.toml uv.lock ./
COPY kit kit
COPY gateway gateway
COPY services services
RUN set -eu; \
    case "$SERVICE" in gateway) folder=gateway ;; *) folder="services/$SERVICE" ;; esac; \
    test -f "$folder/main.py"; \
    mkdir -p chosen/services wanted; \
    cp -r kit chosen/kit; cp -r "$folder" "chosen/$folder"; \
    for member in kit "$folder"; do mkdir -p "wanted/$member"; cp "$member/pyproject.toml" "wanted/$member/"; done; \
    cp pyproject.toml uv.lock wanted/

FROM ${BASE} AS build
ARG SERVICE
ENV UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1 UV_NO_CACHE=1
WORKDIR /app
COPY --from=uv /uv /usr/local/bin/uv
COPY --from=source /source/wanted ./
# --frozen: the other members are absent here, so the lock file cannot be compared with them; its hashes hold.
RUN uv sync --frozen --no-dev --package "paet-$SERVICE" && \
    uv export --quiet --frozen --no-dev --package "paet-$SERVICE" --format cyclonedx1.5 --output-file sbom.cdx.json

FROM ${BASE}
ARG SERVICE
LABEL org.opencontainers.image.title="paet-${SERVICE}"
ENV SERVICE=${SERVICE} PATH=/app/.venv/bin:$PATH PYTHONPATH=/app PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /app
COPY --from=build /app/.venv .venv
COPY --from=build /app/sbom.cdx.json ./
COPY --from=source /source/chosen ./
COPY deploy/start.sh /start
# Files, where they are kept on a volume. Nothing else is written to, so that the root file system may be read-only.
RUN install -d -o 10001 -g 10001 /data
# A number, so that Kubernetes can see that it is not root.
USER 10001:10001
EXPOSE 8000
ENTRYPOINT ["sh", "/start"]
CMD ["serve"]
