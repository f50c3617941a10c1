"""The document extractor node: text out of files (workflow-nodes §10)."""

from pydantic import Field

from treadle.documents import read_text
from treadle.engine.errors import DocumentExtractorError, NodeError
from treadle.engine.node import NodeContext, NodeFailure, NodeResult, NodeType
from treadle.engine.values import File, Missing, Value

from .about import NodeAbout, Output, Words
from .config import NodeConfig, SelectorField, not_found, reader


class DocumentExtractorConfig(NodeConfig):
    """Which file, or list of files."""

    variable_selector: SelectorField = Field(json_schema_extra={"accepts": ["file", "array[file]"]})


async def run(ctx: NodeContext, config: DocumentExtractorConfig) -> NodeResult:
    """Raises VariableNotFoundError, DocumentExtractorError, and FileFetchError for a file that cannot be read."""
    value = ctx.pool.get(config.variable_selector)
    if isinstance(value, Missing):
        raise not_found(config.variable_selector, kind="file variable")
    result = NodeResult(inputs={"variable_selector": list[Value](config.variable_selector)})
    try:
        files = _files(value, config)
        result.process_data = {"documents": list[Value](files)}
        texts: list[Value] = [await _text(ctx, file) for file in files]
    except NodeError as error:
        raise NodeFailure(result) from error
    result.outputs = {"text": texts if isinstance(value, list) else texts[0]}
    return result


def _files(value: Value, config: DocumentExtractorConfig) -> list[File]:
    values = value if isinstance(value, list) else [value]
    files = [each for each in values if isinstance(each, File)]
    if len(files) != len(values):
        raise DocumentExtractorError(
            f"The variable {'.'.join(config.variable_selector)} holds no file; choose a file or a list of files."
        )
    return files


async def _text(ctx: NodeContext, file: File) -> str:
    """The errors of reading name the file."""
    data = await ctx.ports.files.read(file)
    try:
        return await read_text(data, file.extension or "", file.mime_type or "")
    except DocumentExtractorError as error:
        raise type(error)(f"{file.filename or 'The file'}: {error}") from error


DOCUMENT_EXTRACTOR = NodeType("document-extractor", load=reader(DocumentExtractorConfig), run=run)

ABOUT = NodeAbout(
    kind="document-extractor",
    family="transform",
    icon="FileText",
    title=Words("Document extractor", "文档提取", "文書抽出"),
    description=Words("Reads the text of documents.", "读取文档中的文字。", "文書から文字を読み取ります。"),
    outputs=(Output("text", "any"),),
    runs_alone=True,
    handles_errors=True,
)
