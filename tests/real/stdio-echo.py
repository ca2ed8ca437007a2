"""MCP server over stdin and stdout that answers fast and out of order, in the words of both eras.

What comes together is answered in reverse; with `--confuse` each answer is that of the call before it.
"""

import json
import os
import sys

confused = "--confuse" in sys.argv
last = "nobody"


def say(message: dict) -> None:
    sys.stdout.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")


def result(method: str, params: dict) -> dict | None:
    if method == "initialize":
        server = {"name": "echo", "version": "1.0.0"}
        return {"protocolVersion": params["protocolVersion"], "capabilities": {"tools": {}}, "serverInfo": server}
    if method == "server/discover":
        return {"resultType": "complete", "supportedVersions": ["2026-07-28"], "capabilities": {"tools": {}}}
    if method == "tools/list":
        return {"tools": []}
    return call(params) if method == "tools/call" else None


def call(params: dict) -> dict:
    global last
    text = params["arguments"]["secret"]
    said, last = (last if confused else text), text
    return {"content": [{"type": "text", "text": said}]}


def report(params: dict) -> None:
    token = params.get("_meta", {}).get("progressToken")
    if token is not None:
        text = params["arguments"]["secret"]
        say({"method": "notifications/progress", "params": {"progressToken": token, "progress": 1, "message": text}})


def answer(requests: list[dict]) -> None:
    for request in requests:
        if request["method"] == "tools/call":
            report(request["params"])
    for request in reversed(requests):
        answered = result(request["method"], request.get("params", {}))
        error = {"error": {"code": -32601, "message": "unknown"}}
        say({"id": request["id"], **(error if answered is None else {"result": answered})})
    sys.stdout.flush()


rest = b""
while chunk := os.read(0, 65536):
    *lines, rest = (rest + chunk).split(b"\n")
    messages = [json.loads(line) for line in lines if line.strip()]
    answer([message for message in messages if "id" in message and "method" in message])
