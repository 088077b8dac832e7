"""Double of ThaiD (Department of Provincial Administration) as OpenID Connect provider: docs/law.md §4.3."""

from kit.local.doubles.thaid.app import create_app

__all__ = ["create_app"]
