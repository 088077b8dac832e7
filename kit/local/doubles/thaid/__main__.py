"""`python -m kit.local.doubles.thaid`: the ThaiD double as a program."""

import argparse
from pathlib import Path

from kit.local.doubles import HOST, begin, secret_from, serve
from kit.local.doubles.thaid.app import create_app
from kit.local.doubles.thaid.people import SHIPPED, People


def main() -> None:
    """Read the options and serve until SIGTERM."""
    parser = argparse.ArgumentParser(prog="kit.local.doubles.thaid", description=__doc__)
    parser.add_argument("--port", type=int, default=8011)
    parser.add_argument("--issuer", help="default: the double's own address")
    parser.add_argument("--client-id", required=True)
    parser.add_argument("--client-secret-file", type=Path, help="default: PAET_THAID_CLIENT_SECRET")
    parser.add_argument("--redirect-uri", action="append", required=True, help="exact; may be repeated")
    parser.add_argument("--people", type=Path, default=SHIPPED, help="JSON file of synthetic people")
    parser.add_argument("--algorithm", choices=["RS256", "ES256"], default="RS256")
    options = parser.parse_args()
    begin()
    app = create_app(
        issuer=options.issuer or f"http://{HOST}:{options.port}",
        client_id=options.client_id,
        client_secret=secret_from(options.client_secret_file, "PAET_THAID_CLIENT_SECRET"),
        redirect_uris=options.redirect_uri,
        people=People.load(options.people),
        algorithm=options.algorithm,
    )
    serve(app, options.port)


if __name__ == "__main__":
    main()
