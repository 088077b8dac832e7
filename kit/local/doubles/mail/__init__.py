"""Catcher of mail, and of what else leaves: an SMTP server, and the interfaces of LINE, an SMS gateway, a post-house.

It delivers nowhere and shows over HTTP what arrived. One process for all, to spare memory:
`python -m kit.local.doubles.mail --port 8013 --http-port 8014 --secrets … [--folder …] [--callback …]`.
Each provider knows a key again as long as the real one does, tells of what became of a message with a signed call,
and fails in every way on demand (`POST /_control/misbehave`, `POST /line/_control/misbehave`, …).
"""

from kit.local.doubles.mail.app import create_app

__all__ = ["create_app"]
