"""What a request may cost at most."""

from signalbox.schema.facts import Facts
from signalbox.schema.plan import PlanModel
from signalbox.schema.signals import Needs

_MILLION = 1_000_000


def upper_bound(model: PlanModel, facts: Facts, needs: Needs) -> int:
    """Micro-dollars, rounded up: all prompt tokens, and the whole output limit of every answer, at the model's prices."""
    if not (model.input_price or model.output_price):
        return 0
    output = min(needs.output_tokens, model.max_output_tokens or needs.output_tokens)
    tokens = facts.prompt_tokens * model.input_price + facts.choices * output * model.output_price
    return -(-tokens // _MILLION)
