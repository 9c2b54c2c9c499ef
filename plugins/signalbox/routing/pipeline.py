"""The request path without a proxy: facts -> signals -> decide. Proxy, explain, eval and replay all run this."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from signalbox.routing.case import Case, Previous
from signalbox.routing.decide import decide
from signalbox.routing.index import Index
from signalbox.routing.signals.complexity import complexity_signal
from signalbox.routing.signals.model import TextModel
from signalbox.routing.signals.needs import needs_signal
from signalbox.routing.signals.success import weak_failure
from signalbox.routing.signals.task import TaskReader
from signalbox.schema.budget import BudgetState
from signalbox.schema.decision import Decision
from signalbox.schema.facts import Facts
from signalbox.schema.fleet import FleetSnapshot
from signalbox.schema.plan import Plan
from signalbox.schema.signals import Signals, TaskSignal

WEIGHTS_VARIABLE: Final = "SIGNALBOX_WEIGHTS"


def load_model(environ: Mapping[str, str]) -> TextModel:
    """The weights that SIGNALBOX_WEIGHTS names (`signalbox train` wrote them), else those that ship. Raises FileError."""
    named = environ.get(WEIGHTS_VARIABLE)
    return TextModel.load(Path(named) if named else None)


class Pipeline:
    """One plan, ready to decide. Immutable: a switch of strategy is a new Pipeline."""

    def __init__(self, plan: Plan, model: TextModel) -> None:
        self.plan = plan
        self.index = Index.of(plan)
        self._model = model
        self._task = TaskReader(plan.taxonomy, abstain_below=plan.behaviour.abstain_below)

    def extract_signals(self, facts: Facts, second_opinion: TaskSignal | None = None) -> Signals:
        """What is asked, how hard it is, what it needs. A second opinion counts where the first is less certain."""
        scores = self._model.read(facts)
        task = self._surer(self._task(facts, scores), second_opinion)
        complexity = complexity_signal(facts, scores, task)
        return Signals(
            task,
            complexity,
            needs_signal(facts, self.plan.behaviour),
            weak_failure(scores, task, complexity),
            scores.benefit,
        )

    def decide(
        self,
        facts: Facts,
        *,
        id: str,  # noqa: A002 - the decision's own field
        fleet: FleetSnapshot = FleetSnapshot(),
        budget: BudgetState = BudgetState(),
        previous: Previous | None = None,
        second_opinion: TaskSignal | None = None,
    ) -> Decision:
        """The decision for a request. Raises a Refusal where no model may serve."""
        signals = self.extract_signals(facts, second_opinion)
        return decide(Case(id, self.index, facts, signals, fleet, budget, previous))

    def _surer(self, task: TaskSignal, opinion: TaskSignal | None) -> TaskSignal:
        """The opinion in place of an abstention or of a less certain signal; what is certain by other means stays."""
        if opinion is None or opinion.name not in self.plan.taxonomy.kinds:
            return task
        unsure = task.source == "abstain" or (task.source == "signal" and task.confidence < opinion.confidence)
        return opinion if unsure else task

    def is_private(self, facts: Facts) -> bool:
        """Whether a privacy rule holds for a request that is not routed."""
        given = (facts.caller.data_class, facts.hints.data_class)
        known = self.plan.data_classes
        return any(name is not None and known.get(name, "local_only") == "local_only" for name in given)
