"""Who asks: the bearer token of a request (RFC 6750, section 2.1 only: never in an address or a form), and how far it reaches."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from store.model import TokenScope
from syncd.actions.context import Context
from syncd.actions.reach import as_operator
from syncd.actions.tokens import Caller, who
from syncd.errors import NotPermitted, TokenRefused

BEARER = HTTPBearer(auto_error=False, scheme_name="token", description="From `syncd token create`.")


async def context(request: Request) -> Context:
    """The daemon's context."""
    found: Context = request.app.state.ctx
    return found


Ctx = Annotated[Context, Depends(context)]


def caller(
    ctx: Ctx, request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(BEARER)]
) -> Caller:
    """Who comes with the request's token. Raises `TokenRefused`, `TooOften`."""
    if credentials is None:
        raise TokenRefused("a token is needed", "send it as: Authorization: Bearer TOKEN")
    found = who(ctx, credentials.credentials)
    request.app.state.rates.count(found.name)
    return found


Checked = Callable[..., Coroutine[Any, Any, Caller]]


def reaching(scope: TokenScope) -> Checked:
    """A caller whose token reaches so far."""

    async def checked(found: Annotated[Caller, Depends(caller)]) -> Caller:
        if not found.may(scope):
            raise NotPermitted(f"this token is for scope {found.scope}, and this takes {scope}")
        return found

    return checked


def operating(scope: TokenScope) -> Checked:
    """Likewise, and bound to no agent."""

    async def checked(found: Annotated[Caller, Depends(reaching(scope))]) -> Caller:
        as_operator(found)
        return found

    return checked


Reader = Annotated[Caller, Depends(reaching("read"))]
Writer = Annotated[Caller, Depends(reaching("write"))]
ReadingOperator = Annotated[Caller, Depends(operating("read"))]
Admin = Annotated[Caller, Depends(operating("admin"))]
WritingOperator = Annotated[Caller, Depends(operating("write"))]
