"""The kinds of "no" that the product knows.

Services, selectors and pure modules raise these; one handler (``projects_api.api.problems``) turns them into RFC 9457
problem details, and one middleware (``portal.errors``) into a readable page. Nothing here knows about HTTP libraries.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Words = str | Promise


@dataclass(frozen=True)
class FieldError:
    """One thing wrong with one field. ``pointer`` is an RFC 6901 JSON Pointer, or ``?name`` for a query parameter."""

    pointer: str
    code: str
    message: Words

    def as_json(self) -> dict[str, str]:
        return {"pointer": self.pointer, "code": self.code, "message": str(self.message)}


class DomainError(Exception):
    """Base of every expected refusal: a status for the wire, a short kind for ``type``, words for the reader."""

    status = 400
    kind = "refused"
    title: Words = _("The request was refused")

    def __init__(self, detail: Words = "", *, errors: list[FieldError] | None = None) -> None:
        self.detail = detail
        self.errors = errors or []
        super().__init__(str(detail) or "; ".join(f"{e.pointer}: {e.message}" for e in self.errors))


class InvalidInput(DomainError):
    """The input is not acceptable as it stands; every bad field is named."""

    kind = "invalid-input"
    title = _("The input has errors")

    def __init__(self, errors: list[FieldError], detail: Words = "") -> None:
        super().__init__(detail, errors=errors)

    @classmethod
    def one(cls, pointer: str, code: str, message: Words) -> InvalidInput:
        return cls([FieldError(pointer, code, message)])


class TooLarge(DomainError):
    status = 413
    kind = "too-large"
    title = _("The request is too large")


class WrongMediaType(DomainError):
    status = 415
    kind = "unsupported-media-type"
    title = _("This kind of file is not taken")


class SignInNeeded(DomainError):
    status = 401
    kind = "sign-in-needed"
    title = _("Please sign in")


class NotAllowed(DomainError):
    status = 403
    kind = "not-allowed"
    title = _("You may not do this")


class NotFound(DomainError):
    """Also for what exists but is not visible to this user: the two must look alike."""

    status = 404
    kind = "not-found"
    title = _("Not found")


class RuleBroken(DomainError):
    """The input is well-formed, but a rule of the domain forbids it as things stand."""

    status = 409
    kind = "rule-broken"
    title = _("A rule forbids this")


class NotConfirmed(RuleBroken):
    """Possible, but seldom meant: the same request with ``confirm`` and a reason goes through, and both are recorded."""

    kind = "not-confirmed"
    title = _("Please confirm this")

    @classmethod
    def one(cls, pointer: str, code: str, message: Words) -> NotConfirmed:
        return cls(message, errors=[FieldError(pointer, code, message)])


class WrongOffset(RuleBroken):
    """A part of a file that does not go on where the last one ended; ``offset`` is where it did."""

    kind = "wrong-offset"
    title = _("The upload goes on elsewhere")

    def __init__(self, detail: Words, *, offset: int) -> None:
        super().__init__(detail, errors=[FieldError("Upload-Offset", "wrong_offset", detail)])
        self.offset = offset


class StaleVersion(DomainError):
    """Somebody changed it meanwhile; ``current`` is the state to start again from."""

    status = 412
    kind = "stale-version"
    title = _("This was changed meanwhile")

    def __init__(self, detail: Words, *, version: int, current: dict[str, Any] | None = None) -> None:
        super().__init__(detail)
        self.version = version
        self.current = current


class VersionNeeded(DomainError):
    status = 428
    kind = "version-needed"
    title = _("Say which version you are changing")


class KeyReused(DomainError):
    """An Idempotency-Key that already stands for another request."""

    status = 422
    kind = "idempotency-key-reused"
    title = _("This Idempotency-Key was used for another request")


class Compressed(DomainError):
    """A body in a coding that is not undone here: nobody can be made to unpack a bomb."""

    status = 415
    kind = "unsupported-media-type"
    title = _("This kind of body is not taken")


class TooOften(DomainError):
    """A limit on how often something may be done; ``wait`` seconds until it may be done again."""

    status = 429
    kind = "too-many-attempts"
    title = _("Please wait")

    def __init__(self, detail: Words, *, wait: int) -> None:
        super().__init__(detail)
        self.wait = wait


class Unavailable(DomainError):
    """The database is away: nothing was written, try again."""

    status = 503
    kind = "unavailable"
    title = _("Temporarily unavailable")


class Broken(DomainError):
    """A defect of ours, logged where it was met."""

    status = 500
    kind = "server-error"
    title = _("Something went wrong")
