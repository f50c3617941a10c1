"""Times as people write them."""

from datetime import datetime
from zoneinfo import ZoneInfo

from treadle.engine.errors import ToolParameterError
from treadle.tools.builtin.call import Call


def seconds(call: Call, name: str) -> int:
    """The parameter, in the caller's time zone unless it names one, as seconds since 1970.

    Raises ToolParameterError.
    """
    text = call.required(name)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ToolParameterError(f'"{text}" is no time; write it like 2024-01-31 08:30:00.') from None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(call.timezone))).timestamp())
