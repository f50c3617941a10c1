"""The numbered tests of spec workflow-nodes for the document extractor."""

from io import BytesIO

from docx import Document

from tests.nodes.harness import failure_of, outputs_of
from tests.nodes.ports import MemoryFiles, a_world, file
from treadle.engine.events import NodeFinished
from treadle.engine.values import File, JsonValue, Value

DATA: dict[str, JsonValue] = {"variable_selector": ["s", "docs"]}


def document(name: str) -> File:
    return file(name, kind="document", mime_type="")


async def text_of(*named: tuple[str, bytes]) -> Value:
    """What the node gives for one file, or for a list of several."""
    given: list[Value] = [document(name) for name, _ in named]
    outputs = await outputs_of(
        "document-extractor",
        DATA,
        scopes={"s": {"docs": given if len(given) > 1 else given[0]}},
        ports=a_world(files=MemoryFiles(dict(named))),
    )
    assert outputs.keys() == {"text"}
    return outputs["text"]


async def refusal(name: str, data: bytes) -> NodeFinished:
    return await failure_of(
        "document-extractor",
        DATA,
        scopes={"s": {"docs": document(name)}},
        ports=a_world(files=MemoryFiles({name: data})),
    )


async def test_DE_1_a_text_file_is_its_text() -> None:
    assert await text_of(("a.txt", "héllo".encode())) == "héllo"


async def test_DE_2_a_csv_file_is_a_markdown_table() -> None:
    expected = "| name | age |\n| ---- | --- |\n| Bob | 5 |\n"
    assert await text_of(("t.csv", b"name,age\nBob,5\n")) == expected


async def test_DE_3_json_is_indented_and_keeps_its_order_and_letters() -> None:
    assert await text_of(("x.json", '{"b":1,"a":"é"}'.encode())) == '{\n  "b": 1,\n  "a": "é"\n}'


async def test_DE_4_a_list_of_files_is_a_list_of_texts() -> None:
    assert await text_of(("a.txt", b"A"), ("b.md", b"B")) == ["A", "B"]


async def test_DE_5_a_picture_is_refused_by_its_extension() -> None:
    record = await refusal("pic.png", b"\x89PNG")
    assert record.error_type == "UnsupportedFileTypeError"
    assert record.error == "pic.png: No text can be taken out of files with the extension .png."


async def test_DE_6_no_files_are_no_texts_but_no_variable_fails() -> None:
    assert await outputs_of("document-extractor", DATA, scopes={"s": {"docs": []}}) == {"text": []}
    record = await failure_of("document-extractor", DATA)
    assert (record.error_type, record.error) == ("VariableNotFoundError", "The file variable s.docs was not found.")


async def test_DE_7_a_word_file_is_paragraphs_and_tables_in_order() -> None:
    word = Document()
    word.add_paragraph("Hi")
    table = word.add_table(2, 2)
    for at, text in enumerate(("h1", "h2", "1", "x\ny")):
        table.cell(at // 2, at % 2).text = text
    written = BytesIO()
    word.save(written)
    assert await text_of(("w.docx", written.getvalue())) == "Hi\n| h1 | h2 |\n| --- | --- |\n| 1 | x<br>y |\n"


async def test_DE_8_properties_are_lines_of_keys_and_values() -> None:
    assert await text_of(("c.properties", b"# c\na = 1\nb:2")) == "# c\na: 1\nb: 2"
