"""The sandbox bank as an application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from kit.local.doubles import card, require_development
from kit.local.doubles.bank import routes, statement
from kit.local.doubles.bank.book import Book
from kit.local.doubles.bank.callback import Caller
from kit.local.doubles.bank.payer import MODES as PAY_MODES
from kit.local.doubles.bank.payer import Delays
from kit.local.doubles.card import CardDesk
from kit.local.doubles.misbehaviour import Misbehaviour

MODES = {
    "outage": "token and inquiry answer 503",
    "slow": "token and inquiry wait `seconds` first",
} | statement.MODES


def create_app(
    *,
    key: str,
    secret: str,
    book: Path | str = ":memory:",
    callback: str | None = None,
    callback_seconds: float = 0.5,
    late_seconds: float = 30,
    retry_seconds: float = 12,
    unpaid_is_404: bool = False,
    cards: CardDesk | None = None,
) -> FastAPI:
    """Build the bank. `callback` is the biller's address (None = nobody is called); `book` a file.

    A gateway of `cards` stands in the same process below `/card`, and is closed with the bank.

    Raises NotDevelopmentError outside development.
    """
    require_development()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        opened = Book(book)
        caller = Caller(callback, opened, retry_seconds)
        delays = Delays(callback_seconds, late_seconds)
        app.state.bank = routes.Bank(key, secret, opened, caller, delays, unpaid_is_404)
        yield
        await caller.close()
        opened.close()
        if cards is not None:
            await cards.close()

    faults = Misbehaviour(MODES)
    app = FastAPI(title="Sandbox bank", docs_url=None, redoc_url=None, lifespan=lifespan)
    app.include_router(routes.partner, dependencies=[Depends(faults.disturb)])
    app.include_router(routes.control)
    app.include_router(statement.router_of(faults))
    app.include_router(faults.router())
    app.add_exception_handler(routes.BankError, _error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_api_route("/_control/modes", _modes, tags=["control"])
    if cards is not None:
        app.mount("/card", card.create_app(cards))
    return app


async def _modes() -> dict[str, str]:
    """Tell the modes of `POST /_control/pay`."""
    return {mode: text for mode, (text, _) in PAY_MODES.items()}


def _status(status: int, code: int, description: str) -> JSONResponse:
    return JSONResponse({"status": {"code": code, "description": description}}, status)


async def _error(_: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, routes.BankError):
        raise error
    return _status(error.status, error.code, error.description)


async def _http_error(_: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, HTTPException):
        raise error
    return _status(error.status_code, 5101 if error.status_code == 503 else 1102, str(error.detail))


async def _invalid(_: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, RequestValidationError):
        raise error
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    missing = first["type"] == "missing"
    return _status(400, 1101 if missing else 1102, f"{where}: {first['msg']}")
