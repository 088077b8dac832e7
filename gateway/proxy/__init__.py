"""Forwards what people ask of the eight services; never anything under ``/internal``."""

from gateway.proxy.endpoints import install
from gateway.proxy.routes import ROUTES, WHOLE_FILES, Route

__all__ = ["ROUTES", "WHOLE_FILES", "Route", "install"]
