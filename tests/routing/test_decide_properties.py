"""What holds for every plan, request, fleet and purse."""

from __future__ import annotations

import json
from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from signalbox.errors import Refusal
from signalbox.evidence.record import Outcome, log_line, refusal_line
from signalbox.routing.case import Case
from signalbox.routing.costs import upper_bound
from signalbox.routing.decide import STAGES, decide
from signalbox.routing.index import Index
from signalbox.routing.signals.needs import with_output_limit
from signalbox.schema.decision import Decision
from signalbox.schema.plan import Plan
from tests.kit.random_plans import cases

every_case = settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def outcome(case: Case) -> Decision | Refusal:
    """What came of a case, as a value."""
    try:
        return decide(case)
    except Refusal as refusal:
        return refusal


def reached(decision: Decision) -> tuple[str, ...]:
    """Every model that the request may end at."""
    return (decision.model, *decision.fallbacks, *decision.context_fallbacks)


def shuffled(plan: Plan) -> Plan:
    """The same plan with every mapping the other way round."""
    turned = {
        name: dict(reversed(list(getattr(plan, name).items())))
        for name in ("models", "lanes", "tasks", "data_classes", "personas", "experiments")
    }
    return plan.model_copy(update=turned)


@every_case
@given(cases())
def test_every_case_ends_in_a_decision_or_a_refusal_that_says_why(case: Case) -> None:
    found = outcome(case)

    assert isinstance(found, Decision) or (str(found) and found.code.startswith("signalbox_"))


@every_case
@given(cases())
def test_the_same_case_is_decided_the_same_whatever_the_order_of_the_plans_mappings(case: Case) -> None:
    turned = replace(case, index=Index.of(shuffled(case.index.plan)))

    first, again, other = outcome(case), outcome(case), outcome(turned)

    if isinstance(first, Decision):
        assert first == again
        assert isinstance(other, Decision)
        assert first._replace(excluded=()) == other._replace(excluded=())
        assert set(first.excluded) == set(other.excluded)
    else:
        assert isinstance(other, Refusal)
        assert (type(first), first.message, set(first.chain)) == (type(other), other.message, set(other.chain))


@every_case
@given(cases())
def test_under_a_privacy_rule_nothing_that_is_not_local_can_be_reached(case: Case) -> None:
    plan = case.index.plan
    classes = [name for name in (case.facts.caller.data_class, case.facts.hints.data_class) if name]
    private = plan.privacy == "local_only" or any(plan.data_classes.get(name) != "cloud_allowed" for name in classes)

    found = outcome(case)

    if isinstance(found, Decision):
        assert found.local_only == private
        assert not private or all(plan.models[name].local for name in reached(found))


@every_case
@given(cases())
def test_the_set_of_models_that_a_key_may_use_is_never_left(case: Case) -> None:
    found = outcome(case)

    allowed = case.facts.caller.allowed
    assert isinstance(found, Refusal) or allowed is None or allowed.issuperset(reached(found))


@every_case
@given(cases())
def test_choice_and_fallbacks_meet_the_needs_and_are_not_known_to_be_down(case: Case) -> None:
    found = outcome(case)

    if isinstance(found, Decision):
        needs = with_output_limit(case.signals.needs, case.facts, found.max_tokens)
        for name in reached(found):
            model = case.index.plan.models[name]
            assert needs.capabilities <= set(model.capabilities)
            assert needs.context_tokens <= model.context_window
            assert any(case.fleet.usable(place.id) for place in model.deployments)


@every_case
@given(cases())
def test_what_is_set_aside_covers_each_model_that_may_answer_and_no_limit_is_passed(case: Case) -> None:
    found = outcome(case)

    if isinstance(found, Decision):
        needs = with_output_limit(case.signals.needs, case.facts, found.max_tokens)
        costs = [upper_bound(case.index.plan.models[name], case.facts, needs) for name in reached(found)]
        limits = (case.budget.left, case.facts.hints.max_cost_micros, case.index.plan.budget.per_request)
        assert found.reserve_micros == max(costs)
        assert found.estimated_cost_micros == costs[0]
        limited = any(limit is not None for limit in limits)
        assert not limited or all(case.index.plan.models[name].priced for name in reached(found))
        assert all(found.reserve_micros <= max(limit, 0) for limit in limits if limit is not None)


@every_case
@given(cases())
def test_fallbacks_repeat_nothing_and_never_name_the_choice(case: Case) -> None:
    found = outcome(case)

    if isinstance(found, Decision):
        assert len({found.model, *found.fallbacks}) == 1 + len(found.fallbacks)
        window = case.index.plan.models[found.model].context_window
        larger = [name for name in found.fallbacks if case.index.plan.models[name].context_window > window]
        assert list(found.context_fallbacks) == larger


@every_case
@given(cases())
def test_the_trace_has_one_line_for_each_stage_in_order(case: Case) -> None:
    found = outcome(case)

    if isinstance(found, Decision):
        assert [line.stage for line in found.trace] == [name for name, _ in STAGES]
        assert all(line.note for line in found.trace)


@every_case
@given(cases(), st.floats(0, 1e6))
def test_no_word_of_the_prompt_gets_into_decision_log_or_refusal(case: Case, latency: float) -> None:
    found = outcome(case)

    if isinstance(found, Decision):
        text = json.dumps(found.as_json(), allow_nan=False)
        text += log_line(found, case.facts, Outcome(success=True, latency_ms=latency), at=1.0, salt=b"s")
    else:
        text = str(found) + refusal_line(found, case.facts, id="x", strategy="tested", at=1.0, salt=b"s")
    assert case.facts.prompt not in text
    assert case.facts.system not in text


@every_case
@given(cases())
def test_a_client_can_tighten_privacy_but_no_hint_loosens_it(case: Case) -> None:
    untold = replace(case, facts=case.facts._replace(hints=replace(case.facts.hints, data_class=None)))

    found, before = outcome(case), outcome(untold)

    if isinstance(found, Decision) and isinstance(before, Decision):
        assert found.local_only or not before.local_only
