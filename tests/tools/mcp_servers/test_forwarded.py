"""Header settings that name headers of the caller (spec models-and-tools §4.6)."""

from treadle.apps.passed_headers import passed_headers
from treadle.tools.mcp.forwarded import Filled, filled, shown

SETTINGS = (
    ("Authorization", "Bearer {{request.headers.X-User-Token}}"),
    ("X-Team", "{{ Request.Headers.x_team }}/{{request.headers.Region}}"),
    ("X-Key", "k-1"),
)


def test_headers_of_the_caller_stand_in_their_places() -> None:
    given = {"x-user-token": "t-1", "x_team": "blue", "region": "{{request.headers.x_team}}"}
    assert filled(SETTINGS, given) == Filled(
        (("Authorization", "Bearer t-1"), ("X-Team", "blue/{{request.headers.x_team}}"), ("X-Key", "k-1"))
    )


def test_a_header_that_names_a_missing_one_is_left_out() -> None:
    assert filled(SETTINGS, {"region": "eu"}) == Filled((("X-Key", "k-1"),), ("X-User-Token", "x_team"))


def test_what_only_names_headers_is_shown_and_anything_else_is_masked() -> None:
    assert [shown(value) for _, value in SETTINGS] == [
        "Bearer {{request.headers.X-User-Token}}",
        f"{{{{{'*' * (len(SETTINGS[1][1]) - 4)}}}}}",
        "***",
    ]


def test_what_signs_somebody_in_here_is_never_passed_on() -> None:
    raw = [
        ("Host", "here"), ("Cookie", "session=1"), ("X-App-Passport", "p"), ("X-CSRF-Token", "c"),
        ("Authorization", "Bearer a"), ("X-User-Token", "t"), ("x-user-token", "other"), ("Name", "Jürgen"),
    ]  # fmt: skip
    own = {"x-user-token": "t", "name": "Jürgen"}
    assert passed_headers(raw) == {**own, "authorization": "Bearer a"}
    assert passed_headers(raw, signed_in=True) == own
