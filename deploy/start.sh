#!/bin/sh
# The one entry of every image: serve (the role comes from PAET_ROLE), migrate, or any other command as it stands.
set -eu
case "$SERVICE" in gateway) package=gateway ;; *) package="services.$SERVICE" ;; esac
case "${1:-serve}" in
serve) # a live stream would hold the end up for ever; who keeps a connection must be the one who ends it
    exec uvicorn --factory "$package.main:app" --host 0.0.0.0 --port 8000 --no-access-log \
        --timeout-graceful-shutdown 20 --timeout-keep-alive 65 ;;
migrate) exec python -m kit.migrate "$package" ;;
*) exec "$@" ;;
esac
