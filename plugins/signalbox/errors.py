"""Every error that Signalbox raises on purpose.

    SignalboxError
    ├── UserError                 the user must act; exit code 1
    │   ├── FileError             a file cannot be read, parsed or understood (file + key path)
    │   ├── UnknownName           a name that does not exist where it is used (did you mean)
    │   ├── NothingFits           no strategy matches this machine
    │   └── StalePlan             litellm_config.yaml and routing_plan.json do not belong together
    ├── Refusal                   a request is refused, with the chain that was tried; an OpenAI-shaped error over HTTP
    │   ├── NoModelFits           400: no candidate meets the request's needs
    │   ├── ModelNotAvailable     503: candidates exist, none can serve now
    │   ├── PrivacyRefusal        403: every candidate would leave the building
    │   ├── AccessRefusal         403: the key may not use any candidate
    │   └── BudgetRefusal         429: nothing affordable is left
    └── Bug                       our mistake; exit code 3

A message says what is wrong, where, and what to do next. Facts are attributes; text is made in `__str__`.
"""

from collections.abc import Iterable
from difflib import get_close_matches


def did_you_mean(name: str, choices: Iterable[str]) -> str:
    """The hint that follows an unknown name: the nearest valid name, or the list of them."""
    known = sorted(choices)
    near = get_close_matches(name, known, n=1, cutoff=0.6)
    if near:
        return f"Did you mean '{near[0]}'?"
    return f"Valid: {', '.join(known)}." if known else ""


class SignalboxError(Exception):
    """The root of the tree."""


class UserError(SignalboxError):
    """The user must act."""


class FileError(UserError):
    """A file cannot be used. `path` is the file, `key` the dotted path of the key within it ("" for the whole)."""

    def __init__(self, path: object, problem: str, *, key: str = "", remedy: str = "") -> None:
        self.path, self.key, self.problem, self.remedy = str(path), key, problem, remedy
        super().__init__(path, problem, key, remedy)

    def __str__(self) -> str:
        place = f"{self.path}: {self.key}" if self.key else self.path
        return f"{place}: {self.problem}" + (f" {self.remedy}" if self.remedy else "")


class FileErrors(FileError):
    """Several mistakes in one file, reported together."""

    def __init__(self, errors: tuple[FileError, ...]) -> None:
        self.errors = errors
        first = errors[0]
        super().__init__(first.path, first.problem, key=first.key, remedy=first.remedy)

    def __str__(self) -> str:
        return "\n".join(str(error) for error in self.errors)


class UnknownName(UserError):
    """`name` is no `what`; the valid names follow."""

    def __init__(self, what: str, name: str, choices: Iterable[str]) -> None:
        self.what, self.name, self.choices = what, name, tuple(sorted(choices))
        super().__init__(what, name)

    def __str__(self) -> str:
        return f"'{self.name}' is no {self.what}. {did_you_mean(self.name, self.choices)}".rstrip()


class NothingFits(UserError):
    """No strategy matches; `missing` maps each strategy to what it lacks."""

    def __init__(self, missing: dict[str, tuple[str, ...]]) -> None:
        self.missing = missing
        super().__init__(missing)

    def __str__(self) -> str:
        rows = "\n".join(f"  {name}: {'; '.join(lacks)}" for name, lacks in self.missing.items())
        return (
            f"no strategy fits this machine. What each one misses:\n{rows}\n"
            "Set a cloud key, start a local server, or name one yourself: signalbox up --strategy development"
        )


class StalePlan(UserError):
    """The generated pair does not belong together."""


class Refusal(SignalboxError):
    """A request that cannot be served within the rules. `chain` holds (model, reason) for each candidate tried."""

    status = 400
    code = "signalbox_refused"

    def __init__(self, message: str, *, chain: tuple[tuple[str, str], ...] = (), lane: str | None = None) -> None:
        self.message, self.chain, self.lane = message, chain, lane
        super().__init__(message)

    def __str__(self) -> str:
        tried = "; ".join(f"{model}: {reason}" for model, reason in self.chain)
        return self.message + (f" Tried: {tried}." if tried else "")


class NoModelFits(Refusal):
    """No candidate meets the request's needs (context window, vision, tools, ...)."""

    status, code = 400, "signalbox_no_model_fits"


class ModelNotAvailable(Refusal):
    """Candidates exist, but none of them can serve now."""

    status, code = 503, "signalbox_model_not_available"


class PrivacyRefusal(Refusal):
    """Every candidate would take private text out of the building."""

    status, code = 403, "signalbox_privacy"


class AccessRefusal(Refusal):
    """The key may not use any candidate."""

    status, code = 403, "signalbox_model_access_denied"


class BudgetRefusal(Refusal):
    """Nothing affordable is left; `resets_at` is the epoch second at which the limit starts anew (None: never)."""

    status, code = 429, "signalbox_budget_spent"

    def __init__(
        self,
        message: str,
        *,
        chain: tuple[tuple[str, str], ...] = (),
        lane: str | None = None,
        resets_at: float | None = None,
    ) -> None:
        super().__init__(message, chain=chain, lane=lane)
        self.resets_at = resets_at


class Bug(SignalboxError):
    """Our mistake."""
