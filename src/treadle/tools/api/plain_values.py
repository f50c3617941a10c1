"""Values of a run as JSON, for requests."""

from treadle.engine.values import File, JsonValue, Value


def json_of(value: Value) -> JsonValue:
    """`value` as JSON; a file inside of it is its address."""
    match value:
        case File():
            return value.url or value.remote_url or ""
        case list():
            return [json_of(item) for item in value]
        case dict():
            return {name: json_of(member) for name, member in value.items()}
        case _:
            return value
