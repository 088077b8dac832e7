"""Forwards what people ask of the eight services; never anything under ``/internal``."""

from gateway.proxy.forwarding import router
from gateway.proxy.routes import ROUTES, Route

__all__ = ["ROUTES", "Route", "router"]
