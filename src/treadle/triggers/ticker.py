"""The clock of schedules: wakes when the next one is due, and when schedules change."""

from treadle.platform.due_loop import DueLoop

from .service import TRIGGERS_TOPIC, TriggerService

_LONGEST = 30.0
"""Seconds until it looks again whatever it was told: the time of the machine may be set."""


class Ticker(DueLoop):
    """Every process that serves has one; the database decides which of them fires."""

    def __init__(self, triggers: TriggerService) -> None:
        super().__init__("schedules", TRIGGERS_TOPIC, triggers.fire_due, triggers.next_due, longest=_LONGEST)
