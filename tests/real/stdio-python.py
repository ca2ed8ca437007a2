"""MCP server on the official Python SDK, over stdin and stdout, for every protocol revision it knows."""

import os

import anyio
from mcp.server.mcpserver import Context, MCPServer

server = MCPServer("real-python-stdio-server")


@server.tool()
def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


@server.tool()
def pid() -> int:
    """Tell the process by its number."""
    return os.getpid()


@server.tool()
def variable(name: str) -> str:
    """Tell a variable of the environment."""
    return os.environ.get(name, "not set")


@server.tool()
async def slow_count(context: Context, steps: int = 5, interval_ms: int = 200) -> str:
    """Count slowly, with a progress notification after each step."""
    for step in range(1, steps + 1):
        await anyio.sleep(interval_ms / 1000)
        await context.report_progress(step, steps)
    return f"counted to {steps}"


server.run("stdio")
