"""MCP client on the official Python SDK: connects, lists tools, calls tools, reports.

Prints one JSON line with the same keys as client-typescript.mjs. Exits 0 on success.

Usage: client-python.py --url URL (--token TOKEN | --oauth [--refresh] [--client-metadata-url URL]
         | --machine ID (--secret SECRET | --key PEM-FILE)) [--mode auto|legacy] [--call NAME=JSON-ARGUMENTS ...]
         [--transport streamable|sse]

`--oauth`, `--refresh`, `--client-metadata-url`, `--machine` and `--transport` are as for client-typescript.mjs.
"""

import argparse
import asyncio
import json
import sys
import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx2
from mcp import Client
from mcp.client.auth import AuthorizationCodeResult, OAuthClientProvider
from mcp.client.auth.extensions.client_credentials import (
    ClientCredentialsOAuthProvider,
    PrivateKeyJWTOAuthProvider,
    SignedJWTParameters,
)
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import OAuthClientMetadata

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


class Loopback:
    """Opens the browser and listens on a loopback port for its answer."""

    def __init__(self):
        self.answer = None

    async def listen(self) -> str:
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        port = self.server.sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{port}/callback"

    async def serve(self, reader, writer) -> None:
        target = (await reader.readuntil(b"\r\n\r\n")).split(b" ")[1].decode()
        is_answer = target.startswith("/callback?")
        status = "200 OK" if is_answer else "404 Not Found"
        writer.write(f"HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".encode())
        await writer.drain()
        writer.close()
        if is_answer and self.answer and not self.answer.done():
            self.answer.set_result(parse_qs(urlsplit(target).query))

    async def open(self, url: str) -> None:
        self.answer = asyncio.get_running_loop().create_future()
        print(f"open {url}", flush=True)

    async def take_answer(self) -> AuthorizationCodeResult:
        query = await self.answer
        if "code" not in query:
            raise RuntimeError(f"authorization refused: {query['error'][0]}")
        return AuthorizationCodeResult(
            code=query["code"][0], state=query["state"][0], iss=query.get("iss", [None])[0]
        )


async def authorization(options) -> OAuthClientProvider:
    loopback = Loopback()
    metadata = OAuthClientMetadata(
        client_name="Real client of the tests",
        redirect_uris=[await loopback.listen()],
        token_endpoint_auth_method="none",
    )
    return OAuthClientProvider(
        options.url,
        metadata,
        MemoryStorage(),
        loopback.open,
        loopback.take_answer,
        client_metadata_url=options.client_metadata_url,
    )


def machine(options) -> OAuthClientProvider:
    """The client itself, without a person."""
    place = urlsplit(options.url)
    issuer = f"{place.scheme}://{place.netloc}"
    if options.secret:
        return ClientCredentialsOAuthProvider(
            options.url, MemoryStorage(), options.machine, options.secret, issuer=issuer
        )
    signed = SignedJWTParameters(
        issuer=options.machine,
        subject=options.machine,
        signing_key=Path(options.key).read_text(),
        signing_algorithm="ES256",
    )
    return PrivateKeyJWTOAuthProvider(
        options.url, MemoryStorage(), options.machine, signed.create_assertion_provider(), issuer=issuer
    )


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

    auth = await authorization(options) if options.oauth else machine(options) if options.machine else None
    http = httpx2.AsyncClient(
        auth=auth,
        event_hooks={"response": [on_response]},
        headers={} if auth else {"authorization": f"Bearer {options.token}"},
        timeout=60,
    )
    if options.transport == "sse":
        headers = {} if auth else {"authorization": f"Bearer {options.token}"}
        transport = sse_client(options.url, headers=headers, auth=auth)
    else:
        transport = streamable_http_client(options.url, http_client=http)
    async with http, Client(transport, mode=options.mode, logging_callback=on_message, log_level="debug") as client:
        tools = await client.list_tools()
        calls = [await call_tool(client, messages, text) for text in options.call]
        if options.refresh:
            auth.context.token_expiry_time = 1  # long ago; the SDK refreshes before the next request
            calls += [await call_tool(client, messages, text) for text in options.call]
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
    parser.add_argument("--refresh", action="store_true")
    parser.add_argument("--client-metadata-url")
    parser.add_argument("--machine")
    parser.add_argument("--secret")
    parser.add_argument("--key")
    parser.add_argument("--mode", default="auto")
    parser.add_argument("--transport", default="streamable")
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
