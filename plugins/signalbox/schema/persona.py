"""`strategies/personas.yaml`: named sets of preferences. Conditions are parsed, never evaluated as code."""

import re
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from signalbox.schema.base import Frozen, Name, Tier

Condition = Annotated[
    str,
    StringConstraints(
        max_length=120,
        pattern=r"^\s*(complexity\s*(<|<=|>|>=|==)\s*\d{1,2}(\.\d{1,3})?|(task|lane|tier)\s*(==|!=)\s*['\"]?[A-Za-z0-9_.-]{1,80}['\"]?)\s*$",
    ),
]
"""`complexity < 3`, `task == 'code_generation'`, `tier != fast`."""

_PARTS = re.compile(r"\s*(\w+)\s*(<=|>=|==|!=|<|>)\s*['\"]?([\w.-]+?)['\"]?\s*\Z")


class Rule(Frozen):
    """When the condition holds: this tier, this model, or one step up or down."""

    when: Condition
    tier: Tier | None = None
    model: Name | None = None
    move: Literal["up", "down"] | None = None

    @model_validator(mode="after")
    def _does_one_thing(self) -> Self:
        if sum(value is not None for value in (self.tier, self.model, self.move)) != 1:
            raise ValueError("a rule does exactly one thing: name tier, model or move")
        return self

    def parts(self) -> tuple[str, str, str]:
        """(subject, operator, value) of the condition."""
        match = _PARTS.match(self.when)
        assert match is not None  # noqa: S101 - the pattern of Condition has held
        return match[1], match[2], match[3]


class TaskPreference(Frozen):
    """What a persona wants for one task (and its children)."""

    tier: Tier | None = None
    model: Name | None = None
    prefer_specialised: bool = False


class Persona(Frozen):
    """Preferences of a kind of user. They move the tier; they never loosen a hard rule."""

    description: str = ""
    tier: Tier | None = Field(None, description="preferred tier")
    downgrade_below: float | None = Field(
        None, ge=0, le=10, description="only below this complexity a lower tier is used"
    )
    upgrade_from: float | None = Field(None, ge=0, le=10, description="only from this complexity a higher tier is used")
    tasks: dict[Name, TaskPreference] = {}
    rules: tuple[Rule, ...] = ()
    min_context_window: int | None = Field(None, ge=1)


class Personas(Frozen):
    """Personas by name."""

    personas: dict[Name, Persona]
