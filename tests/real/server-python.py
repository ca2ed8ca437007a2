"""MCP server on the official Python SDK, over streamable HTTP, for every protocol revision it knows.

Usage: server-python.py [--port N]
"""

import argparse
import os
import socket
import sys
import threading

import anyio
import uvicorn
from mcp.server.mcpserver import Context, MCPServer

server = MCPServer("real-python-server")


@server.tool()
def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


@server.tool()
async def slow_count(context: Context, steps: int = 5, interval_ms: int = 200) -> str:
    """Count slowly, with a progress notification after each step."""
    for step in range(1, steps + 1):
        await anyio.sleep(interval_ms / 1000)
        await context.report_progress(step, steps)
    return f"counted to {steps}"


@server.tool()
async def long_stream(context: Context, count: int = 300, interval_ms: int = 10, size: int = 100) -> str:
    """Send `count` progress notifications and log messages, each with `size` bytes of text."""
    for number in range(1, count + 1):
        await context.report_progress(number, count, "p" * size)
        await context.info(f"{number} " + "m" * size)
        await anyio.sleep(interval_ms / 1000)
    return f"sent {count}"


def exit_with_parent() -> None:
    """End the process when its standard input closes."""
    sys.stdin.read()
    os._exit(0)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    listener = socket.create_server(("127.0.0.1", parser.parse_args().port))
    threading.Thread(target=exit_with_parent, daemon=True).start()
    config = uvicorn.Config(server.streamable_http_app(), log_level="warning")
    print(f"listening on http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    uvicorn.Server(config).run(sockets=[listener])


main()
