"""Runs code that a person or a model wrote in the sandbox."""

from collections.abc import AsyncIterator

from treadle.engine.errors import CodeExecutionError, ToolInvokeError, ToolParameterError
from treadle.tools.builtin.call import Call
from treadle.tools.messages import Message, Text

_PYTHON = """
def main(code):
    import contextlib
    import io

    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, "<code>", "exec"), {"__name__": "__main__"})
    return {"printed": printed.getvalue()}
"""

_JAVASCRIPT = """
function main({code}) {
  const lines = [];
  const shown = (value) => (typeof value === "string" ? value : JSON.stringify(value) ?? String(value));
  const log = (...values) => void lines.push(values.map(shown).join(" "));
  new Function("console", code)({ log, info: log, warn: log, error: log, debug: log });
  return { printed: lines.join("\\n") };
}
"""


async def simple_code(call: Call) -> AsyncIterator[Message]:
    code = call.required("code")
    try:
        match call.required("language"):
            case "python3":
                result = await call.code.run("python3", _PYTHON, {"code": code})
            case "javascript":
                result = await call.code.run("javascript", _JAVASCRIPT, {"code": code})
            case other:
                raise ToolParameterError(f'Code in "{other}" cannot run; choose python3 or javascript.')
    except CodeExecutionError as error:
        raise ToolInvokeError(f"The code failed: {error}") from error
    yield Text(str(result.outputs.get("printed", "")))
