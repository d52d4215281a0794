"""Makes the key by which a redirect service knows us, and looks whether it does."""

from attrs import evolve

from offhook.api import Authorization, AuthorizationStep, Begin, Connection, Finish, Refused, Renew
from offhook_redirect.opening import QUICK, let_in, opened
from offhook_redirect.options import Options
from offhook_redirect.refusals import UNKNOWN, code_of
from offhook_redirect.signing import make_key


def take(connection: Connection[Options], step: AuthorizationStep) -> Authorization:
    """
    Make a key where a redirect service answers (begin), see that it knows the key (finish, renew).

    A key that waits for the operator of the service, or is known to it, stays the same.
    """
    match step:
        case Begin():
            return _begin(connection)
        case Finish():
            return _confirmed(connection, _requested(connection))
        case Renew():
            return _confirmed(connection, let_in(connection))


def _begin(connection: Connection[Options]) -> Authorization:
    given = connection.authorization
    pair = given if given and given.state == "requested" else make_key()
    with opened(connection, pair, at_most=QUICK) as service:
        answer = service.greet()
        if answer.status != 200 and code_of(answer) != UNKNOWN:
            raise service.refused(answer)
    return pair


def _requested(connection: Connection[Options]) -> Authorization:
    given = connection.authorization
    if given is None:
        hint = f"Begin with: offhook connections authorize {connection.name}"
        raise Refused(f"There is no key for {connection.name!r} yet.", hint=hint)
    return given


def _confirmed(connection: Connection[Options], pair: Authorization) -> Authorization:
    with opened(connection, pair, at_most=QUICK) as service:
        service.me()
    return evolve(pair, state="verified")
