"""`python -m kit.local.doubles.bank`: the sandbox bank as a program."""

import argparse
import os
from pathlib import Path

from kit.local.doubles import begin, secret_from, serve
from kit.local.doubles.bank.app import create_app
from kit.local.doubles.card import CardDesk


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
    parser.add_argument(
        "--card-key-file", type=Path, help="secret key of a gateway of cards below /card, or PAET_CARD_SECRET_KEY"
    )
    parser.add_argument("--card-webhook", help="address that is told of card payments")
    parser.add_argument("--card-webhook-secret-file", type=Path, help="default: PAET_CARD_WEBHOOK_SECRET")
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
        cards=_cards(options) if options.card_key_file or "PAET_CARD_SECRET_KEY" in os.environ else None,
    )
    serve(app, options.port)


def _cards(options: argparse.Namespace) -> CardDesk:
    """The gateway of cards beside the bank; its book lies beside the bank's."""
    return CardDesk.open(
        secret_key=secret_from(options.card_key_file, "PAET_CARD_SECRET_KEY"),
        webhook_secret=secret_from(options.card_webhook_secret_file, "PAET_CARD_WEBHOOK_SECRET"),
        book=options.book.with_name(f"card-{options.book.name}"),
        webhook=options.card_webhook,
        webhook_seconds=options.callback_seconds,
        late_seconds=options.late_seconds,
        retry_seconds=options.retry_seconds,
    )


if __name__ == "__main__":
    main()
