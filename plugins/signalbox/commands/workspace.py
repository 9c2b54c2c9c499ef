"""Where strategies, catalogue and generated files are, and what they hold."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

import signalbox
from signalbox.compiler.compile import Compiled, Sources, compile_strategy
from signalbox.compiler.prices import PriceBook, litellm_prices
from signalbox.errors import FileError, UnknownName
from signalbox.load import load_catalogue, load_personas, load_strategy, load_taxonomy
from signalbox.schema.catalogue import Catalogue
from signalbox.schema.persona import Personas
from signalbox.schema.resources import Resources
from signalbox.schema.strategy import Strategy
from signalbox.schema.taxonomy import Taxonomy

STRATEGY_VARIABLE: Final = "SIGNALBOX_STRATEGY"
RUN_VARIABLE: Final = "SIGNALBOX_RUN"
_NOT_STRATEGIES: Final = frozenset({"catalogue", "taxonomy", "personas"})


@dataclass(frozen=True)
class Workspace:
    """Catalogue, taxonomy, personas and strategies: `./strategies` where it has a catalogue, else what ships with the
    package, to which the strategies of `./strategies` are added."""

    folder: Path
    own: Path = Path("strategies")

    @classmethod
    def find(cls) -> Workspace:
        """The nearest one."""
        package = Path(signalbox.__file__).parent
        places = (Path("strategies"), package / "shipped", package.parents[1] / "strategies")
        return cls(next((place for place in places if (place / "catalogue.yaml").is_file()), places[0]))

    @cached_property
    def catalogue(self) -> Catalogue:
        """What models are."""
        return load_catalogue(self.folder / "catalogue.yaml")

    @cached_property
    def taxonomy(self) -> Taxonomy:
        """The tree of tasks."""
        return load_taxonomy(self.folder / "taxonomy.yaml")

    @cached_property
    def personas(self) -> Personas:
        """Named preferences."""
        return load_personas(self.folder / "personas.yaml")

    @cached_property
    def prices(self) -> PriceBook:
        """Cloud prices of the LiteLLM that is installed."""
        return litellm_prices()

    def names(self) -> tuple[str, ...]:
        """The strategies of the folder."""
        found = {path.stem for folder in (self.folder, self.own) for path in folder.glob("*.yaml")}
        return tuple(sorted(found - _NOT_STRATEGIES))

    def path(self, name: str) -> Path:
        """A strategy's file, by name or by path. Raises UnknownName."""
        if name in self.names():
            own = self.own / f"{name}.yaml"
            return own if own.is_file() else self.folder / f"{name}.yaml"
        if name.endswith((".yaml", ".yml")) or "/" in name:
            return Path(name)
        raise UnknownName("strategy", name, self.names())

    def strategy(self, name: str) -> Strategy:
        """A strategy, by name or by path. Raises UnknownName or FileError."""
        return load_strategy(self.path(name))

    def strategies(self) -> tuple[dict[str, Strategy], tuple[FileError, ...]]:
        """All strategies of the folder that load, and the errors of those that do not."""
        loaded: dict[str, Strategy] = {}
        broken: list[FileError] = []
        for name in self.names():
            try:
                loaded[name] = self.strategy(name)
            except FileError as error:
                broken.append(error)
        return loaded, tuple(broken)

    def compile(self, strategy: Strategy, source: Path, *, resources: Resources | None = None) -> Compiled:
        """The pair of files for a strategy. Raises UserError."""
        within = f"strategies/{source.name}" if source.parent in {self.folder, self.own} else str(source)
        return compile_strategy(
            strategy,
            catalogue=self.catalogue,
            taxonomy=self.taxonomy,
            personas=self.personas,
            resources=resources,
            prices=self.prices,
            sources=Sources(
                within, "strategies/catalogue.yaml", "strategies/taxonomy.yaml", "strategies/personas.yaml"
            ),
            command=f"signalbox compile --strategy {strategy.name if within.startswith('strategies/') else within}",
        )


def run_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """Where generated files, log and ledger of this machine live."""
    return Path(environ.get(RUN_VARIABLE) or "run")
