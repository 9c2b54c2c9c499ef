"""What the request needs at least; what is too large for the other lanes goes to the super_reader."""

from typing import Final

from signalbox.routing.case import Case, Draft

SUPER_READER: Final = "super_reader"


def needs(case: Case, draft: Draft) -> str:
    """Moves deep-ingest requests to the super_reader lane, where the strategy has one and no model is named."""
    wanted = draft.needs
    notes = [f"{wanted.context_tokens:,} tokens of context", *sorted(wanted.capabilities - {"chat"})]
    if wanted.deep_ingest:
        notes.append(f"deep ingest: {wanted.deep_ingest}")
        if SUPER_READER in case.index.plan.lanes and draft.only is None:
            draft.lane, draft.reason = case.index.plan.lanes[SUPER_READER], "deep_ingest"
            notes.append(f"lane {SUPER_READER}")
    return ", ".join(notes)
