"""How many requests an app serves at a time (spec service-api §1.7)."""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from treadle.platform.refusals import TooManyRequests

_SLOT_SECONDS = 600
"""A slot that was never given back counts no longer after this."""


@dataclass(slots=True)
class Slots:
    """How many requests each app serves now."""

    taken: Counter[str] = field(default_factory=Counter[str])

    def take(self, app_id: str, ceiling: int) -> Callable[[], None]:
        """Raises TooManyRequests over the ceiling (0 is none); gives the function that returns the slot."""
        if ceiling and self.taken[app_id] >= ceiling:
            raise TooManyRequests(
                f"This app serves {ceiling} requests at a time; try again in a moment.", retry_after=1
            )
        self.taken[app_id] += 1
        timer = asyncio.get_running_loop().call_later(_SLOT_SECONDS, lambda: release())
        held = True

        def release() -> None:
            nonlocal held
            if held:
                held = False
                timer.cancel()
                self.taken[app_id] -= 1
                if not self.taken[app_id]:
                    del self.taken[app_id]

        return release
