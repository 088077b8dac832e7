#!/bin/sh
# The one entry of every image: serve (the role comes from PAET_ROLE), migrate, or any other command as it stands.
set -eu
case "$SERVICE" in gateway) package=gateway ;; *) package="services.$SERVICE" ;; esac
case "${1:-serve}" in
serve) exec python -m kit.serve "$package.main:app" --host 0.0.0.0 --port 8000 ;;
migrate) exec python -m kit.migrate "$package" ;;
*) exec "$@" ;;
esac
