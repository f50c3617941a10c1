"""Whatever is thrown at the reader, it answers."""

from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.dsl.files import basic_map, edge, file_map, node, text
from treadle.dsl import ImportStatus, Parsed, check_structure, dump, features_view, graph_view, has_errors, parse

VALID_FILES = [
    text(file_map()),
    text(
        file_map(
            [
                node("s", "start", variables=[{"variable": "a", "type": "text-input"}]),
                node("i", "iteration", iterator_selector=["s", "a"], start_node_id="x"),
                {**node("x", "http-request", parent="i", body={"type": "json", "data": "{}"}), "parentId": "i"},
                node("c", "if-else", cases=[{"case_id": "true", "conditions": [{"variable_selector": ["s", "a"]}]}]),
                node("e", "answer", answer="{{#s.a#}}"),
            ],
            [edge("s", "i"), edge("i", "c"), edge("c", "e", "true"), edge("c", "e", "false")],
            mode="advanced-chat",
            workflow={
                "features": {"file_upload": {"image": {"enabled": True}}},
                "environment_variables": [{"name": "k", "value_type": "secret", "value": "s"}],
                "conversation_variables": [{"name": "c", "value_type": "array[string]", "value": ["a"]}],
            },
        )
    ),
    text(basic_map(user_input_form=[{"select": {"label": "S", "variable": "s", "options": ["a"]}}])),
]
SNIPPETS = st.sampled_from(
    [
        "null",
        "[]",
        "{}",
        "- ",
        ": ",
        "'",
        '"',
        "\t",
        "\n",
        "  ",
        "&a ",
        "*a",
        "!!int ",
        "|",
        "#",
        "1",
        "true",
        "é",
        "\0",
        "<<: ",
    ]
)


@st.composite
def mutated_files(draw: st.DrawFn) -> str:
    """A valid file with a few cuts, insertions, swapped lines or changed values."""
    source = draw(st.sampled_from(VALID_FILES))
    for _ in range(draw(st.integers(1, 4))):
        lines = source.split("\n")
        at = draw(st.integers(0, len(lines) - 1))
        match draw(st.sampled_from(["cut", "drop", "insert", "value", "double"])):
            case "cut":
                source = source[: draw(st.integers(0, len(source)))]
            case "drop":
                source = "\n".join(lines[:at] + lines[at + 1 :])
            case "double":
                source = "\n".join([*lines[: at + 1], *lines[at:]])
            case "insert":
                place = draw(st.integers(0, len(source)))
                source = source[:place] + draw(SNIPPETS) + source[place:]
            case _:
                key, colon, _ = lines[at].partition(":")
                lines[at] = f"{key}{colon} {draw(SNIPPETS)}"
                source = "\n".join(lines)
    return source


def assert_sound(read: Parsed) -> None:
    assert read.status in ImportStatus
    assert (read.app is None) == (read.status is ImportStatus.FAILED) == has_errors(read.problems)
    if read.app is None:
        return
    check_structure(read.app)
    if read.app.workflow is not None:
        graph_view(read.app.workflow)
        features_view(read.app.workflow.features, chat=True)
    again = parse(dump(read.app, include_secrets=True))
    assert again.app is not None, again.problems
    assert again.app.workflow == read.app.workflow
    assert (again.app.model_config is None) == (read.app.model_config is None)
    if again.app.model_config is not None and read.app.model_config is not None:
        assert again.app.model_config.as_map() == read.app.model_config.as_map()


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(), st.binary(), st.text(st.sampled_from("a:-[]{}&*!|>'\"#%@`\n\t 1~?,<"))))
@example("app: {mode: workflow}\nworkflow: {}")
@example("{app: {mode: chat}, model_config: {model: null, user_input_form: null, agent_mode: null}}")
def test_any_text_or_bytes_get_an_answer(source: str | bytes):
    assert_sound(parse(source))


@settings(max_examples=300, deadline=None)
@given(mutated_files())
def test_any_damaged_file_gets_an_answer_and_round_trips_if_it_is_read(source: str):
    assert_sound(parse(source))
    assert_sound(parse(source.encode("utf-8", "surrogatepass")))
