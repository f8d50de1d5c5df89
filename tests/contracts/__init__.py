"""Checks of what the bot sends: against the platforms' published schemas, and their limits.

The schemas live beside the repository, in ``../shared/contracts``; a clone may not have them. Then
`contracts_available` is false and only the limits that need no file are checked.
"""

from tests.contracts.problem import Problem
from tests.contracts.schemas import contracts_available, why_unavailable

__all__ = ["Problem", "contracts_available", "why_unavailable"]
