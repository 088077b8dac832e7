"""How wallets are answered: by the codes of OAuth 2.0 in plain JSON, not by problems (docs/adr/0026)."""

from collections.abc import Callable, Coroutine, Mapping
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Path, Request, Response
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute

from kit.contracts.codes import AgencyCode
from kit.problems import RESPONSES
from services.issuance.domain import Refused, invalid_token

MOST = 16_384
"""Bytes of a body: a proof, an id, a few parameters."""
NO_STORE = {"Cache-Control": "no-store"}
ERROR: dict[str, Any] = {
    "description": "What is wrong, by the codes of RFC 6749 and OpenID4VCI 1.0; a problem where nobody could read it",
    "content": RESPONSES["4XX"]["content"]
    | {
        "application/json": {
            "schema": {
                "type": "object",
                "required": ["error"],
                "properties": {"error": {"type": "string"}, "error_description": {"type": "string"}},
            }
        }
    },
}
Agency = Annotated[AgencyCode, Path()]


class OAuthRoute(APIRoute):
    """A route whose refusals are OAuth's."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Answer what is `Refused`."""
        handle = super().get_route_handler()

        async def answered(request: Request) -> Response:
            try:
                return await handle(request)
            except Refused as refused:
                return refusal(refused)

        return answered


def refusal(refused: Refused) -> Response:
    """The answer to a request that is refused."""
    headers = dict(NO_STORE)
    if refused.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = f'Bearer error="{refused.error}"'
    body = {"error": refused.error, "error_description": refused.description}
    return JSONResponse(body, refused.status, headers)


def answer(body: Mapping[str, Any], status: int = 200) -> Response:
    """An answer that nobody may keep."""
    return JSONResponse(dict(body), status, NO_STORE)


FORM, JSON = "application/x-www-form-urlencoded", "application/json"


async def small_body(request: Request, error: str, media_type: str = JSON) -> bytes:
    """The body; Refused under that code where it is too large, or said to be something else."""
    said = request.headers.get("content-type", media_type).partition(";")[0].strip().lower()
    if said != media_type:
        raise Refused(error, f"send {media_type}")
    read = b""
    async for piece in request.stream():
        read += piece
        if len(read) > MOST:
            raise Refused(error, f"the body has more than {MOST} bytes", 413)
    return read


def bearer(request: Request) -> str:
    """The access token of a request; Refused where there is none."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise invalid_token("an access token is wanted")
    return token
