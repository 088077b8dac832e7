"""`python -m kit.local.doubles.bank`: the sandbox bank as a program."""

import argparse
from pathlib import Path

from kit.local.doubles import begin, secret_from, serve
from kit.local.doubles.bank.app import create_app


def main() -> None:
    """Read the options and serve until SIGTERM."""
    parser = argparse.ArgumentParser(prog="kit.local.doubles.bank", description=__doc__)
    parser.add_argument("--port", type=int, default=8012)
    parser.add_argument("--book", type=Path, required=True, help="SQLite file of the bank's book")
    parser.add_argument("--callback", help="address that is told of payments; nobody is called without it")
    parser.add_argument("--api-key", required=True)
    parser.add_argument("--api-secret-file", type=Path, help="default: PAET_BANK_API_SECRET")
    parser.add_argument("--callback-seconds", type=float, default=0.5, help="delay before the callback")
    parser.add_argument("--late-seconds", type=float, default=30, help="delay of what is late")
    parser.add_argument("--retry-seconds", type=float, default=12, help="time between retries of a callback")
    parser.add_argument("--unpaid-is-404", action="store_true", help="inquiry of an unpaid bill: 404, not []")
    options = parser.parse_args()
    begin()
    app = create_app(
        key=options.api_key,
        secret=secret_from(options.api_secret_file, "PAET_BANK_API_SECRET"),
        book=options.book,
        callback=options.callback,
        callback_seconds=options.callback_seconds,
        late_seconds=options.late_seconds,
        retry_seconds=options.retry_seconds,
        unpaid_is_404=options.unpaid_is_404,
    )
    serve(app, options.port)


if __name__ == "__main__":
    main()
