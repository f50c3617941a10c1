"""What a tool of the operator's own is: a subclass of `Tool` in a file, and one of `ToolProvider` with credentials.

Methods may be plain, `async` or generators; plain ones run in a thread. They are called as those of Dify's built-in
tools are. Source: spec models-and-tools §4.1 and §4.3, features tools.quick and tools.advanced.
"""

import asyncio
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from treadle.engine.errors import ToolInvokeError
from treadle.engine.ports import ChatRequest
from treadle.engine.ports import Message as PromptMessage
from treadle.engine.values import File, JsonValue, Value
from treadle.tools.builtin.call import Call
from treadle.tools.builtin.summary import summarised
from treadle.tools.messages import DEFAULT_MIME_TYPE, Blob, FileMessage, ImageUrl, Json, Link, Message, Text, Variable

from .parameters import ToolParameter

Result = TypeVar("Result")


class CredentialsRefused(Exception):
    """The credentials are wrong: raised by `_validate_credentials`, or by a tool. The message says why."""


@dataclass(frozen=True, slots=True)
class Runtime:
    """What one call has at hand. `call` reaches HTTP, the code sandbox, models and files for `async` tools."""

    call: Call
    loop: asyncio.AbstractEventLoop

    @property
    def credentials(self) -> Mapping[str, Value]:
        """The credentials that were entered, readable."""
        return self.call.credentials

    @property
    def user_id(self) -> str:
        """The end user or the member for whom the tool is called."""
        return self.call.user_id

    @property
    def app_id(self) -> str:
        """The app that calls; empty where a tool is tried by itself."""
        return self.call.app_id

    @property
    def conversation_id(self) -> str:
        """The conversation that the call is a part of; empty where there is none."""
        return self.call.conversation_id

    def wait(self, work: Coroutine[Any, Any, Result]) -> Result:
        """The result of something that waits, for plain methods. Raises RuntimeError in `async` ones."""
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return asyncio.run_coroutine_threadsafe(work, self.loop).result()
        work.close()
        raise RuntimeError("An `async` tool waits for `self.runtime.call` itself; this is for plain methods.")


class Tool:
    """One tool. `_invoke` gives a message, several in a list, or yields them."""

    parameters: tuple[ToolParameter, ...] = ()
    """Those of the tool's file."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime

    def get_runtime_parameters(self) -> Any:
        """The parameters that the tool has for these credentials, this app and this user, as a list.

        Each is a `ToolParameter` or a mapping like those of the file. It is asked whenever the tool is set up or about
        to be used, so it should be quick. Tools without this method have the parameters of their file.
        """
        return list(self.parameters)

    def _invoke(self, user_id: str, tool_parameters: dict[str, Any]) -> Any:
        """What the tool gives, made with the methods below."""
        raise NotImplementedError

    def create_text_message(self, text: str, save_as: str = "") -> Message:
        """A text for the person or the model."""
        return Text(str(text))

    def create_json_message(self, object: JsonValue) -> Message:
        """A JSON value: the output `json` of a node."""
        return Json(object)

    def create_link_message(self, link: str, save_as: str = "") -> Message:
        """An address for the person."""
        return Link(link)

    def create_image_message(self, image: str, save_as: str = "") -> Message:
        """A picture by its address, which is fetched and kept."""
        return ImageUrl(image)

    def create_blob_message(self, blob: bytes, meta: Mapping[str, Any] | None = None, save_as: str = "") -> Message:
        """A file by its bytes; `meta` says its `mime_type` and `filename`."""
        meta = meta or {}
        return Blob(
            blob, str(meta.get("mime_type") or DEFAULT_MIME_TYPE), str(meta.get("filename") or ""), save_as=save_as
        )

    def create_file_message(self, file: File) -> Message:
        """A file that the tool was given, passed on."""
        return FileMessage(file)

    def create_variable_message(self, variable_name: str, variable_value: Any) -> Message:
        """An output of the tool's own."""
        return Variable(variable_name, variable_value)

    def create_stream_variable_message(self, variable_name: str, variable_value: str) -> Message:
        """A piece of a text output of the tool's own."""
        return Variable(variable_name, variable_value, stream=True)

    def read_file(self, file: File) -> bytes:
        """What is in a file that the tool was given."""
        return self.runtime.wait(self.runtime.call.files.read(file))

    def summary(self, user_id: str = "", content: str = "") -> str:
        """`content`, shortened by the workspace's default model when it is long."""
        return self.runtime.wait(summarised(self.runtime.call, content))

    def ask_model(self, prompt: str, *, instruction: str = "") -> str:
        """What the workspace's default model answers. Raises ToolInvokeError without one."""
        return self.runtime.wait(self._asked(prompt, instruction))

    async def _asked(self, prompt: str, instruction: str) -> str:
        call = self.runtime.call
        if call.model is None:
            raise ToolInvokeError("This tool needs a default language model; choose one in the model settings.")
        system = (PromptMessage(role="system", content=instruction),) if instruction else ()
        request = ChatRequest(model=call.model, messages=(*system, PromptMessage(role="user", content=prompt)))
        return "".join([delta.text async for delta in call.models.chat(request)])


class ToolProvider:
    """What a group of tools has in common."""

    def _validate_credentials(self, credentials: dict[str, Any]) -> Any:
        """Raise CredentialsRefused for credentials that do not work."""
