"""`python -m kit.local.doubles.mail`: the catcher as a program."""

import argparse
from pathlib import Path

from kit.local.doubles import begin, serve
from kit.local.doubles.mail.app import SECRETS, create_app


def main() -> None:
    """Read the options and serve until SIGTERM."""
    parser = argparse.ArgumentParser(prog="kit.local.doubles.mail", description=__doc__)
    parser.add_argument("--port", type=int, default=8013, help="SMTP")
    parser.add_argument("--http-port", type=int, default=8014, help="view, controls, providers")
    parser.add_argument("--folder", type=Path, default=Path(".local/mail"), help="where mails are kept")
    parser.add_argument("--secrets", type=Path, help=f"folder of {', '.join(SECRETS)}; without it no provider is there")
    parser.add_argument("--callback", help="address below which providers report; nobody is called without it")
    parser.add_argument("--authority", type=Path, help="files of the development authority: serves time-stamps too")
    options = parser.parse_args()
    begin()
    secrets = options.secrets and {name: (options.secrets / name).read_text().strip() for name in SECRETS}
    app = create_app(
        smtp_port=options.port, folder=options.folder, secrets=secrets, callback=options.callback,
        authority=options.authority,
    )  # fmt: skip
    serve(app, options.http_port)


if __name__ == "__main__":
    main()
