"""The sandbox gateway of cards as an application, to stand in the bank's process under a path of its own."""

from fastapi import FastAPI

from kit.local.doubles.card import routes
from kit.local.doubles.card.desk import CardDesk


def create_app(desk: CardDesk) -> FastAPI:
    """Build the gateway's interface, its page for the payer, and what a test or a visitor controls."""
    app = FastAPI(title="Sandbox gateway of cards", docs_url=None, redoc_url=None)
    app.state.desk = desk
    for router in (routes.partner, routes.payer, routes.control, desk.faults.router()):
        app.include_router(router)
    return app
