"""An MCP server over stdin and stdout, in both eras, for many callers at once.

It says in all that it says who spoke to it first, keeps answers back so that they overtake one another, and can be made
to confuse its callers: `answers-another`, `tells-another`.
"""

import heapq
import json
import os
import select
import sys
import time

SUBSCRIPTION = "io.modelcontextprotocol/subscriptionId"
FAULTS = set(sys.argv[1:])


class Server:
    def __init__(self):
        self.owner = None
        self.has_session = False
        self.turn = 0
        self.heard = {}  # by the id of a subscription: its user
        self.asked = None  # the id and the secret of the call that waits for the client's answer
        self.later = []  # what is said at a time, in a heap
        self.last = None  # the name and the result of the call before

    def say(self, message, milliseconds=0):
        line = json.dumps({"jsonrpc": "2.0", **message}, separators=(",", ":")) + "\n"
        self.turn += 1
        heapq.heappush(self.later, (time.monotonic() + milliseconds / 1000, self.turn, line))

    def proof(self, secret):
        return {"secret": secret, "owner": self.owner}

    def answer(self, id, secret, name, milliseconds=0):
        own = {"content": [], "structuredContent": self.proof(secret), "resultType": "complete"}
        given = own
        before, self.last = self.last, (name, own)
        if "answers-another" in FAULTS and before and user(before[0]) != user(name) and self.turn % 8 == 0:
            given = before[1]
        self.say({"id": id, "result": given}, milliseconds)

    def tell(self, secret, subscription=None):
        params = {"level": "info", "data": self.proof(secret)}
        if subscription is not None:
            params["_meta"] = {SUBSCRIPTION: subscription}
        self.say({"method": "notifications/message", "params": params})

    def take(self, message):
        method = message.get("method")
        params = message.get("params", {})
        if method is None:
            self.take_reply(message)
        elif method == "initialize":
            self.has_session = True
            self.owner = params["clientInfo"]["name"]
            result = {"protocolVersion": params["protocolVersion"], "capabilities": {"tools": {}, "logging": {}}}
            result["serverInfo"] = {"name": "soak", "version": "1.0.0"}
            self.say({"id": message["id"], "result": result})
        elif method == "server/discover":
            result = {"resultType": "complete", "supportedVersions": ["2026-07-28"], "capabilities": {"tools": {}}}
            self.say({"id": message["id"], "result": result})
        elif method == "notifications/initialized":
            self.tell("")
        elif method == "notifications/cancelled":
            self.heard.pop(params["requestId"], None)
        elif method == "subscriptions/listen":
            self.heard[message["id"]] = user(self.caller(params))
            self.tell("", message["id"])
        elif method == "tools/call":
            self.call(message["id"], params, self.caller(params))
        elif "id" in message:
            self.say({"id": message["id"], "error": {"code": -32601, "message": "no such method"}})

    def caller(self, params):
        """The name of who calls; the first user is whose process this is."""
        if self.has_session:
            return self.owner
        name = params["_meta"]["io.modelcontextprotocol/clientInfo"]["name"]
        if self.owner is None:
            self.owner = user(name)
        return name

    def call(self, id, params, name):
        tool, secret = params["name"], params["arguments"]["secret"]
        if tool == "say":
            self.answer(id, secret, name, self.turn % 3)
        elif tool == "hold":
            self.answer(id, secret, name, self.turn % 16)
        elif tool == "tell":
            self.tell_all_of(user(name), secret)
            self.answer(id, secret, name)
        elif tool == "count":
            token, pause = params["_meta"]["progressToken"], self.turn % 2
            for step in (1, 2, 3):
                progress = {"progressToken": token, "progress": step, "message": secret}
                self.say({"method": "notifications/progress", "params": progress}, pause * step)
            self.answer(id, secret, name, pause * 3)
        elif tool == "ask":
            self.asked = (id, secret)
            # Under an id that everybody else is asked under as well.
            question = {"secret": secret, "messages": [], "maxTokens": 1}
            self.say({"id": 1, "method": "sampling/createMessage", "params": question})

    def tell_all_of(self, who, secret):
        if self.has_session:
            return self.tell(secret)
        for subscription, it in self.heard.items():
            if it == who:
                self.tell(secret, subscription)
        if "tells-another" in FAULTS:
            others = [subscription for subscription, it in self.heard.items() if it != who]
            for subscription in others[:1]:
                self.tell(secret, subscription)

    def take_reply(self, reply):
        (id, secret), self.asked = self.asked, None
        given = reply.get("result", {}).get("secret")
        # Which of the callers has crossed is for them to see.
        self.answer(id, secret if given == secret else json.dumps(reply), self.owner)

    def due(self):
        """What is to be said now."""
        now, lines = time.monotonic(), []
        while self.later and self.later[0][0] <= now:
            lines.append(heapq.heappop(self.later)[2])
        return "".join(lines).encode()

    def patience(self):
        """How long nothing is to be said, in seconds; for ever, if nothing is."""
        return max(0, self.later[0][0] - time.monotonic()) if self.later else None


def user(name):
    return name.split("/")[0]


def main():
    server, read = Server(), b""
    while True:
        if select.select([0], [], [], server.patience())[0]:
            came = os.read(0, 1 << 20)
            if not came:
                return
            *lines, read = (read + came).split(b"\n")
            for line in lines:
                server.take(json.loads(line))
        said = memoryview(server.due())
        while said:
            said = said[os.write(1, said) :]


main()
