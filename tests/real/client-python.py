"""MCP client on the official Python SDK: connects, lists tools, calls tools, reports.

Prints one JSON line with the same keys as client-typescript.mjs. Exits 0 on success.

Usage: client-python.py --url URL (--token TOKEN | --oauth) [--mode auto|legacy]
         [--call NAME=JSON-ARGUMENTS ...]
"""

import argparse
import asyncio
import json
import sys
import time
from urllib.parse import parse_qs, urlsplit

import httpx2
from mcp import Client
from mcp.client.auth import AuthorizationCodeResult, OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import OAuthClientMetadata

REDIRECT_URI = "http://127.0.0.1:33418/callback"


class MemoryStorage:
    """`TokenStorage` that forgets everything at the end."""

    client = None
    tokens = None

    async def get_client_info(self):
        return self.client

    async def get_tokens(self):
        return self.tokens

    async def set_client_info(self, client_info):
        self.client = client_info

    async def set_tokens(self, tokens):
        self.tokens = tokens


class HeadlessUser:
    """Opens the authorization URL and follows its redirects back to the client."""

    answer = None

    async def open(self, url: str) -> None:
        async with httpx2.AsyncClient() as browser:
            while not url.startswith(REDIRECT_URI):
                response = await browser.get(url)
                url = str(response.next_request.url)
        query = parse_qs(urlsplit(url).query)
        self.answer = AuthorizationCodeResult(
            code=query["code"][0], state=query["state"][0], iss=query.get("iss", [None])[0]
        )

    async def take_answer(self) -> AuthorizationCodeResult:
        return self.answer


def authorization(options) -> OAuthClientProvider:
    user = HeadlessUser()
    metadata = OAuthClientMetadata(
        client_name="Real client of the tests",
        redirect_uris=[REDIRECT_URI],
        token_endpoint_auth_method="none",
    )
    return OAuthClientProvider(options.url, metadata, MemoryStorage(), user.open, user.take_answer)


async def call_tool(client: Client, messages: list, text: str) -> dict:
    name, _, arguments = text.partition("=")
    start = time.monotonic()
    progress = []

    async def on_progress(value, total, message):
        progress.append({"ms": elapsed(start), "progress": value, "total": total, "message": message})

    messages.clear()
    result = await client.call_tool(name, json.loads(arguments or "{}"), progress_callback=on_progress)
    return {
        "tool": name,
        "content": [getattr(block, "text", block.type) for block in result.content],
        "isError": result.is_error or False,
        "messages": [{"ms": round((at - start) * 1000), "data": data} for at, data in messages],
        "ms": elapsed(start),
        "progress": progress,
    }


def elapsed(start: float) -> int:
    return round((time.monotonic() - start) * 1000)


async def run(options) -> dict:
    requests = []

    async def on_response(response):
        requests.append(
            {"method": response.request.method, "url": str(response.request.url), "status": response.status_code}
        )

    messages = []

    async def on_message(parameters):
        messages.append((time.monotonic(), parameters.data))

    http = httpx2.AsyncClient(
        auth=authorization(options) if options.oauth else None,
        event_hooks={"response": [on_response]},
        headers={} if options.oauth else {"authorization": f"Bearer {options.token}"},
        timeout=60,
    )
    transport = streamable_http_client(options.url, http_client=http)
    async with http, Client(transport, mode=options.mode, logging_callback=on_message, log_level="debug") as client:
        tools = await client.list_tools()
        calls = [await call_tool(client, messages, text) for text in options.call]
        protocol = client.protocol_version
    return {
        "sdk": "python",
        "protocol": protocol,
        "tools": [tool.name for tool in tools.tools],
        "calls": calls,
        "requests": requests,
    }


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True)
    parser.add_argument("--token")
    parser.add_argument("--oauth", action="store_true")
    parser.add_argument("--mode", default="auto")
    parser.add_argument("--call", action="append", default=[])
    try:
        print(json.dumps(asyncio.run(run(parser.parse_args()))))
        return 0
    except Exception as error:  # noqa: BLE001 - whatever went wrong is the report
        cause = first_cause(error)
        print(json.dumps({"error": {"name": type(cause).__name__, "message": str(cause)}}))
        return 1


def first_cause(error: BaseException) -> BaseException:
    return first_cause(error.exceptions[0]) if isinstance(error, BaseExceptionGroup) else error


sys.exit(main())
