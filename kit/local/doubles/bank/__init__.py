"""Sandbox bank: takes a payer's bill payment, calls the biller back, answers inquiries (docs/law.md §7.2)."""

from kit.local.doubles.bank.app import create_app

__all__ = ["create_app"]
