"""`strategies/taxonomy.yaml`: the tree of tasks."""

from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from signalbox.schema.base import Frozen, Name

Phrase = Annotated[str, StringConstraints(min_length=2, max_length=200)]


class Kind(Frozen):
    """One kind of task. Its name is its key; `parent` is asked where it has no route, no score, no certainty."""

    description: str
    parent: Name | None = None
    facet: Name | None = Field(
        None,
        description="what the kind says about its parent, where not what is done: language. Kinds of two facets agree",
    )
    keywords: tuple[Phrase, ...] = Field(
        (), description="phrases that decide for this kind when they stand in the prompt"
    )
    utterances: tuple[Phrase, ...] = Field((), description="example prompts; similar requests are of this kind")
    benchmarks: tuple[str, ...] = Field((), description="which benchmarks tell how well a model does it")
    specialities: tuple[str, ...] = Field((), description="card specialities that count as a speciality here")
    min_context: int | None = Field(None, ge=1, description="tokens; preferred, not required")


class Taxonomy(Frozen):
    """Kinds by name."""

    kinds: dict[Name, Kind]

    @model_validator(mode="after")
    def _tree(self) -> Self:
        for name in self.kinds:
            seen = [name]
            while (parent := self.kinds[seen[-1]].parent) is not None:
                if parent not in self.kinds:
                    raise ValueError(f"kinds.{seen[-1]}.parent: '{parent}' is no kind; add it or correct the name")
                if parent in seen:
                    raise ValueError(
                        f"kinds.{name}: its parents run in a circle ({' > '.join([*seen, parent])}); cut it"
                    )
                seen.append(parent)
        return self

    def agree(self, one: str, other: str) -> bool:
        """Whether two kinds can both be right: the same, one above the other, or two facets of one parent.

        `code_python` and `code_generation` answer different questions about the same request.
        """
        if one in self.ancestry(other) or other in self.ancestry(one):
            return True
        first, second = self.kinds.get(one), self.kinds.get(other)
        return bool(first and second and first.parent and first.parent == second.parent and first.facet != second.facet)

    def doings(self, name: str) -> tuple[str, ...]:
        """What can be done in a kind that is a facet: its siblings that are none. Empty for all other kinds."""
        kind = self.kinds.get(name)
        if kind is None or kind.facet is None:
            return ()
        return tuple(
            other for other, found in self.kinds.items() if found.parent == kind.parent and found.facet is None
        )

    def ancestry(self, name: str) -> tuple[str, ...]:
        """`code_python` -> ("code_python", "code"). Unknown names give themselves."""
        chain = [name]
        while (kind := self.kinds.get(chain[-1])) and kind.parent:
            chain.append(kind.parent)
        return tuple(chain)
