"""What speech costs beside the runs of an app: each call has a row, which logs and charts add to what answers cost."""

from dataclasses import dataclass
from typing import Literal

from treadle.apps.running.records import price_e7
from treadle.apps.tables import SpeechCall
from treadle.engine.usage import Usage
from treadle.models.media import Spend
from treadle.platform.clock import now_us
from treadle.platform.db import table_of
from treadle.platform.ids import new_id
from treadle.platform.writer import GroupWriter

_CALLS = table_of(SpeechCall)


@dataclass(frozen=True, slots=True)
class Occasion:
    """For which app speech was asked for, and how. `message_id` is the answer that is read aloud."""

    workspace_id: str
    app_id: str
    created_from: str
    message_id: str | None = None


class SpeechCosts:
    """Writes them down, behind the calls."""

    def __init__(self, writer: GroupWriter) -> None:
        self._writer = writer

    def of(self, kind: Literal["tts", "speech2text"], occasion: Occasion) -> Spend:
        """Takes what each call has used."""

        def spent(usage: Usage) -> None:
            sound = usage.sound
            self._writer.put(
                _CALLS,
                {
                    "id": new_id(),
                    "workspace_id": occasion.workspace_id,
                    "app_id": occasion.app_id,
                    "message_id": occasion.message_id,
                    "kind": kind,
                    "created_from": occasion.created_from,
                    "tokens": usage.total_tokens,
                    "seconds": sound.seconds,
                    "characters": sound.characters,
                    "total_price_e7": price_e7(usage),
                    "currency": usage.currency,
                    "created_at": now_us(),
                },
            )

        return spent
