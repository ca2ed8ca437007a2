"""MCP server on FastMCP, over stdin and stdout."""

import asyncio

from fastmcp import Context, FastMCP

server = FastMCP("real-fastmcp-stdio-server")


@server.tool()
def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


@server.tool()
async def slow_count(context: Context, steps: int = 5, interval_ms: int = 200) -> str:
    """Count slowly, with a progress notification after each step."""
    for step in range(1, steps + 1):
        await asyncio.sleep(interval_ms / 1000)
        await context.report_progress(step, steps)
    return f"counted to {steps}"


server.run(show_banner=False)
