"""One hash over everything that a compiled pair depends on. The same inputs give the same digest in any key order."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping


def digest(inputs: Mapping[str, object]) -> str:
    """SHA-256 (hex) over the canonical JSON of plain values: keys sorted, lists in their order."""
    text = json.dumps(inputs, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(text.encode("ascii")).hexdigest()
