"""All findings, in the order in which the page shows them."""

from __future__ import annotations

from typing import Final, Tuple

from conformance.adapters.examples.findings_answers import ANSWERS
from conformance.adapters.examples.findings_evidence import EVIDENCE
from conformance.adapters.examples.findings_form import IMPLEMENTATIONS, Finding, Implementation
from conformance.adapters.examples.findings_messages import MESSAGES

__all__ = ["FINDINGS", "IMPLEMENTATIONS", "Finding", "Implementation"]

FINDINGS: Final[Tuple[Finding, ...]] = (*EVIDENCE, *MESSAGES, *ANSWERS)
