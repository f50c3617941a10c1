"""An agent app with three tools: two model calls and three tool calls for each answer.

The model is a local server that costs next to nothing: it first asks for the three tools, then answers.
"""

import json
from collections.abc import Iterator

from bench import Measurement
from bench.apps import agent_with_three_tools
from bench.load import Load, generate
from bench.served import cpu_seconds, free_port, process, served, wait_for

CLIENTS = 16


def run() -> Iterator[Measurement]:
    """Answers of an agent-chat app, streamed."""
    port = free_port()
    with process("-m", "uvicorn", "bench.bare:tool_caller", "--port", str(port), "--no-access-log") as model:
        wait_for(f"http://127.0.0.1:{port}/v1/models", model)
        with served() as server:
            credentials = {
                "endpoint_url": f"http://127.0.0.1:{port}/v1",
                "api_key": "sk-bench",
                "mode": "chat",
                "function_calling_type": "tool_call",
                "stream_function_calling": "supported",
            }
            pairs = [text for name, value in credentials.items() for text in ("--credential", f"{name}={value}")]
            server.cli(
                *("model", "add", "--provider", "openai_api_compatible", "--type", "llm", "--model", "caller"),
                *(*pairs, "--default", "--no-validate"),
            )
            key = {"Authorization": f"Bearer {server.import_app(agent_with_three_tools())}"}
            question = json.dumps(
                {
                    "inputs": {},
                    "query": "How much?",
                    "user": "bench",
                    "response_mode": "streaming",
                    "auto_generate_name": False,
                }
            )
            url = f"{server.url}/v1/chat-messages"
            generate(Load(url, key, question, clients=CLIENTS, seconds=1, warm_up=0))
            before = cpu_seconds(server.pid)
            report = generate(Load(url, key, question, clients=CLIENTS, seconds=4, warm_up=0))
            if report.errors:
                raise RuntimeError(f"{report.errors} of {report.requests} requests failed")
            milliseconds = (cpu_seconds(server.pid) - before) * 1000
    yield Measurement("agent with three tools, two rounds: answers", report.requests / report.seconds, "1/s")
    yield Measurement("agent with three tools, two rounds: processor time", milliseconds / report.requests, "ms")
