"""What can go wrong in a graph, as types: `error_type` of a failed node is the name of the class raised.

Source: spec workflow-engine §16, workflow-nodes §0.7, models-and-tools §1.11.
"""


class NodeError(Exception):
    """A node cannot give its outputs. The message is one sentence for the person who built the app."""

    @property
    def error_type(self) -> str:
        """The name that users' fail branches compare with."""
        return type(self).__name__


class VariableNotFoundError(NodeError):
    """A selector points at a variable that no finished node has written."""


class InvalidVariableTypeError(NodeError):
    """A variable holds a type that this node cannot use."""


class InvalidContextStructureError(NodeError):
    """An item of an LLM context list has no content."""


class LLMModeRequiredError(NodeError):
    """The model settings of a node name no mode."""


class ModelNotExistError(NodeError):
    """The model named in the node is not offered by its provider."""


class ModelCurrentlyNotSupportError(ModelNotExistError):
    """The model is switched off in the workspace."""


class NoPromptFoundError(NodeError):
    """Nothing is left to send to the model."""


class MemoryRolePrefixRequiredError(NodeError):
    """History goes into a completion prompt, but no role prefixes are set."""


class TemplateTypeNotSupportError(NodeError):
    """A prompt has an edition type other than basic and jinja2."""


class TemplateRenderError(NodeError):
    """A Jinja template is malformed, fails, or does more work than allowed."""


class StructuredOutputError(NodeError):
    """The model's reply holds no JSON object."""


class CodeNodeError(NodeError):
    """A code node's result has the wrong names, or its settings are wrong."""


class CodeExecutionError(CodeNodeError):
    """User code raised, ran too long, or was stopped by the sandbox."""


class OutputValidationError(CodeNodeError):
    """A code result breaks its declared type or a size limit."""


class DepthLimitError(CodeNodeError):
    """A code result is nested too deeply."""


class HttpRequestNodeError(NodeError):
    """A request could not be sent or got no usable answer."""


class AuthorizationConfigError(HttpRequestNodeError):
    """Authorization is switched on, but the key is empty."""


class InvalidURLError(HttpRequestNodeError):
    """The URL is empty or not http(s)."""


class InvalidHttpMethodError(HttpRequestNodeError):
    """The method is not one that can be sent."""


class RequestBodyError(HttpRequestNodeError):
    """The body settings give no body."""


class FileFetchError(HttpRequestNodeError):
    """A file for the request body is missing."""


class ResponseSizeError(HttpRequestNodeError):
    """The answer is larger than allowed."""


class HTTPResponseCodeError(HttpRequestNodeError):
    """The answer has an error status and the node has a strategy for that."""


class InvokeError(NodeError):
    """A model call failed."""


class InvokeConnectionError(InvokeError):
    """Network or timeout."""


class InvokeServerUnavailableError(InvokeError):
    """The provider answered 5xx."""


class InvokeRateLimitError(InvokeError):
    """The provider answered 429. `retry_after` is in seconds where the provider said so."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class QuotaExceededError(InvokeRateLimitError):
    """The account with the provider has nothing left to spend: another call does not help, another account does."""


class InvokeAuthorizationError(InvokeError):
    """The provider refused the key."""


class InvokeBadRequestError(InvokeError):
    """The provider refused the request."""


class ProviderNotInitializeError(InvokeError):
    """No credentials are stored for the provider, or no default model is set."""


class ToolNodeError(NodeError):
    """A tool is missing, switched off, or lacks credentials."""


class ToolParameterError(ToolNodeError):
    """A parameter of a tool is missing or not usable."""


class ToolFileError(ToolNodeError):
    """A file that a tool gave cannot be kept."""


class ToolInvokeError(ToolNodeError):
    """A tool was called and failed."""


class ToolCredentialsError(ToolInvokeError):
    """A tool lacks credentials, or its upstream refuses them."""


class UnknownError(ToolNodeError):
    """A tool failed in a way that nobody foresaw."""


class AgentNodeError(NodeError):
    """An agent's strategy is missing, or its settings cannot be used."""


class KnowledgeRetrievalError(NodeError):
    """Knowledge bases cannot be searched as the node asks."""


class DatasourceError(NodeError):
    """What a knowledge pipeline is to read is missing or cannot be read."""


class KnowledgeIndexError(NodeError):
    """Chunks cannot be kept in a knowledge base."""


class QuestionClassifierNodeError(NodeError):
    """The model's reply names no class, or the model cannot be asked."""


class ParameterExtractorNodeError(NodeError):
    """The model cannot be asked for parameters in the way the node is set."""


class DocumentExtractorError(NodeError):
    """The variable of a document extractor holds no files."""


class UnsupportedFileTypeError(DocumentExtractorError):
    """No text can be taken out of files of this kind."""


class TextExtractionError(DocumentExtractorError):
    """A document is damaged, protected, or larger than allowed."""


class ListOperatorError(NodeError):
    """A list cannot be worked on as the node asks."""


class InvalidKeyError(ListOperatorError):
    """Files have no such attribute, or it cannot be compared with the value given."""


class InvalidConditionError(ListOperatorError):
    """An operator does not apply to the items of the list."""


class InvalidFilterValueError(ListOperatorError):
    """A value does not fit the items of the list."""


class ContainerError(NodeError):
    """An iteration or loop cannot run: its list, its variables or its body are not usable."""


class GraphProblem(Exception):
    """One reason why a graph cannot be run: where it lies and what to do."""

    def __init__(self, message: str, *, node: str | None = None, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.node = node
        self.field = field


class GraphError(Exception):
    """A graph cannot be run. `problems` lists all reasons found."""

    def __init__(self, problems: list[GraphProblem]) -> None:
        super().__init__("; ".join(problem.message for problem in problems))
        self.problems = problems
