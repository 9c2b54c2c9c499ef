"""Privacy: the strictest of the strategy, the key's data class and the request's. A client may tighten, never loosen."""

from signalbox.routing.case import Case, Draft


def data_class(case: Case, draft: Draft) -> str:
    """Sets `local_only`. A class that the strategy does not know is treated as local only."""
    index = case.index
    given = [name for name in (case.facts.caller.data_class, case.facts.hints.data_class) if name]
    strict = [name for name in given if name in index.data_classes or name not in index.plan.data_classes]
    draft.data_class = strict[0] if strict else given[0] if given else None
    draft.local_only = index.plan.privacy == "local_only" or bool(strict)
    if index.plan.privacy == "local_only":
        return f"strategy {index.plan.strategy} is local_only"
    if not given:
        return "none"
    unknown = [name for name in strict if name not in index.plan.data_classes]
    if unknown:
        return f"unknown data class '{unknown[0]}': treated as local_only"
    return f"{draft.data_class} is {'local_only' if strict else 'cloud_allowed'}"
