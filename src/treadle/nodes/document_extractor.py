"""The document extractor node: text out of files (workflow-nodes §10)."""

from treadle.engine.errors import DocumentExtractorError, NodeError, VariableNotFoundError
from treadle.engine.node import NodeContext, NodeFailure, NodeResult, NodeType
from treadle.engine.values import File, Missing, Value

from .config import NodeConfig, SelectorField, reader
from .documents import read_text


class DocumentExtractorConfig(NodeConfig):
    """Which file, or list of files."""

    variable_selector: SelectorField


async def run(ctx: NodeContext, config: DocumentExtractorConfig) -> NodeResult:
    """Raises VariableNotFoundError, DocumentExtractorError, and FileFetchError for a file that cannot be read."""
    value = ctx.pool.get(config.variable_selector)
    if isinstance(value, Missing):
        raise VariableNotFoundError(f"The file variable {'.'.join(config.variable_selector)} was not found.")
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
