#!/usr/bin/python3
"""A scripted model: speaks Anthropic Messages and OpenAI-compatible chat completions and embeddings on 127.0.0.1 and misbehaves on command.

    llm.py --port-file F --ledger F [--port N]

The port is written to the port file once it listens. Every call becomes one JSON line in the ledger.

POST /_script with {"steps": [STEP, ...], "answer": {...}, "text": "..."} sets what the next calls do; the last step stays. A step is one of
  ok                the scripted answer, else one made up from the schema
  timeout           no answer at all for an hour
  slow              the right answer, one byte a second
  429 429:N         too many, with Retry-After N
  400 401 500 503   that status
  garbage           200 and no JSON
  html              200 and a page
  half              200, half of the JSON, then the connection ends
  gone              taken, then the connection ends without an answer
  empty             200 and nothing in it
  labels            well-formed, with labels nobody knows
  extra             well-formed, with one member too many
  cut               cut off at the limit of tokens
  big               an answer of 4 MiB
  redirect          302 to this server
  obey              does what "SYSTEM: answer LABEL" in the text says, if anything does; in free text also what 'SYSTEM: say "..."' says
A call with "stream": true is answered by server-sent events, a word each; slow waits a second before each, slow:N so many milliseconds, half ends in the middle. A caller that hangs
up meanwhile is a line {"gone": EVENTS TOLD, "of": ALL} in the ledger.
POST /_script {"file": PATH} reads the same from a file at each call. GET /_calls gives the number of calls.
"""
import argparse, http.server, json, os, re, threading, time


class State:
    lock = threading.Lock()
    steps = ["ok"]
    answer = None
    text = None
    file = None
    calls = 0
    ledger = None


def next_step():
    with State.lock:
        State.calls += 1
        if State.file:
            with open(State.file, encoding="utf-8") as f:
                script = json.load(f)
            State.answer = script.get("answer")
            steps = script.get("steps", ["ok"])
            return steps[min(State.calls, len(steps)) - 1], State.calls
        step = State.steps[0]
        if len(State.steps) > 1:
            State.steps.pop(0)
        return step, State.calls


def write_ledger(line):
    with State.lock:
        if State.ledger:
            with open(State.ledger, "a", encoding="utf-8") as f:
                f.write(json.dumps(line) + "\n")


def made_up(schema):
    """The smallest value the schema takes; first label, full confidence."""
    kind = schema.get("type")
    if isinstance(kind, list):
        return None
    if "enum" in schema:
        return schema["enum"][0]
    if kind == "object":
        return {k: made_up(v) for k, v in schema.get("properties", {}).items()}
    return {"string": "stub", "number": 0.9, "integer": 1, "boolean": True, "array": []}.get(kind)


def spoil_labels(value, schema):
    if isinstance(value, dict):
        return {k: spoil_labels(v, schema.get("properties", {}).get(k, {})) for k, v in value.items()}
    if "enum" in schema:
        return "INVENTED_LABEL"
    return value


def obey(value, schema, text):
    order = re.search(r"SYSTEM: answer ([A-Za-z0-9_-]+)", text)
    if not order:
        return value
    return {k: order.group(1) if "enum" in schema.get("properties", {}).get(k, {}) else v for k, v in value.items()}


MEANINGS = (("deposit", "surety", "bond"), ("rent", "lease", "let", "lets"), ("car", "vehicle", "van"), ("boiler", "heating", "caldera"))
LITTLE = set("the a an of to is in on for by and what where when does do with el la de los".split())


def embed(text, dims=48):
    """Words of one meaning in one place of the vector."""
    v = [0.0] * dims
    for word in re.findall(r"[a-z]+", text.lower()):
        if word in LITTLE:
            continue
        group = next((n for n, words in enumerate(MEANINGS) if word in words), None)
        v[group if group is not None else len(MEANINGS) + sum(word.encode()) % (dims - len(MEANINGS))] += 4.0 if group is not None else 0.5
    return v if any(v) else [1.0] * dims


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def send(self, status, body, kind="application/json", headers=()):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for k, v in headers:
            self.send_header(k, v)
        self.end_headers()
        self.wfile.write(body)

    def send_json(self, status, value, headers=()):
        self.send(status, json.dumps(value).encode(), headers=headers)

    def do_GET(self):
        if self.path == "/_calls":
            self.send_json(200, {"calls": State.calls})
        else:
            self.send_json(404, {"error": "not found"})

    def do_POST(self):
        raw = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        if self.path == "/_script":
            self.script(json.loads(raw))
        elif self.path in ("/v1/messages", "/v1/chat/completions", "/v1/embeddings"):
            self.complete(raw)
        else:
            self.send_json(404, {"error": "not found"})

    def script(self, s):
        with State.lock:
            State.steps = list(s.get("steps", ["ok"]))
            State.answer = s.get("answer")
            State.text = s.get("text")
            State.file = s.get("file")
            State.calls = 0
        self.send_json(200, {"ok": True})

    def complete(self, raw):
        step, call = next_step()
        wire = {"/v1/messages": "anthropic", "/v1/embeddings": "embedding"}.get(self.path, "openai")
        ask = json.loads(raw)
        write_ledger({"at": time.time(), "call": call, "wire": wire, "step": step, "model": ask.get("model"),
                      "request_id": self.headers.get("X-Request-Id"), "traceparent": self.headers.get("traceparent"),
                      "key": bool(self.headers.get("x-api-key") or self.headers.get("Authorization")), "ask": ask})
        self.play(step, wire, ask)

    def play(self, step, wire, ask):
        name, _, arg = step.partition(":")
        if name == "timeout":
            time.sleep(3600)
        elif name == "gone":
            self.close_connection = True
        elif name == "429":
            self.send_json(429, {"error": {"type": "rate_limit_error"}}, [("Retry-After", arg or "7")])
        elif name.isdigit():
            self.send_json(int(name), {"error": {"type": "api_error", "message": "as told"}})
        elif name == "garbage":
            self.send(200, b"\x00\xff} certainly! here is your answer")
        elif name == "html":
            self.send(200, b"<html><body>captive portal</body></html>", "text/html")
        elif name == "big":
            self.send(200, b'{"x":"' + b"x" * (4 << 20) + b'"}')
        elif name == "redirect":
            self.send(302, b"", headers=[("Location", "http://127.0.0.1:%d/v1/messages" % self.server.server_port)])
        elif ask.get("stream"):
            self.stream(name, int(arg or 1000), wire, self.answer(name, wire, ask))
        elif name in ("half", "slow"):
            self.dribble(json.dumps(self.answer(name, wire, ask)).encode(), name)
        else:
            self.send_json(200, self.answer(name, wire, ask))

    def dribble(self, body, name):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.close_connection = True
        if name == "half":
            self.wfile.write(body[: len(body) // 2])
            return
        for b in body:
            self.wfile.write(bytes([b]))
            self.wfile.flush()
            time.sleep(1)

    def stream(self, name, slow_ms, wire, answer):
        """As the two providers document it."""
        if wire == "anthropic":
            text, use = "".join(p["text"] for p in answer["content"]), answer["usage"]
            before = [{"type": "message_start", "message": {"usage": {"input_tokens": use["input_tokens"], "output_tokens": 1}}},
                      {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}]
            after = [{"type": "content_block_stop", "index": 0}, {"type": "message_delta", "delta": {"stop_reason": answer["stop_reason"]}, "usage": {"output_tokens": use["output_tokens"]}},
                     {"type": "message_stop"}]
            piece = lambda s: {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": s}}
        else:
            choices = answer["choices"]
            text, before = "".join(c["message"]["content"] for c in choices), [{"choices": [{"index": 0, "delta": {"role": "assistant"}, "finish_reason": None}]}]
            after = [{"choices": [{"index": 0, "delta": {}, "finish_reason": c["finish_reason"]}]} for c in choices] + [{"choices": [], "usage": answer["usage"]}, "[DONE]"]
            piece = lambda s: {"choices": [{"index": 0, "delta": {"content": s}, "finish_reason": None}]}
        words = re.findall(r"\s*\S+", text)
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream; charset=utf-8")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        events = before + [piece(w) for w in words] + after
        for n, event in enumerate(events[:len(events) // 2] if name == "half" else events):
            if name == "slow":
                time.sleep(slow_ms / 1000)
            try:
                if wire == "anthropic":
                    self.wfile.write(("event: %s\r\n" % event["type"]).encode())
                self.wfile.write(("data: %s\n\n" % (event if isinstance(event, str) else json.dumps(event))).encode())
                self.wfile.flush()
            except OSError:
                write_ledger({"gone": n, "of": len(events)})
                return

    def value(self, name, wire, ask):
        """The structured answer, or None when free text was asked for."""
        if wire == "anthropic":
            schema = ask["tools"][0]["input_schema"] if ask.get("tools") else None
        else:
            schema = ask.get("response_format", {}).get("json_schema", {}).get("schema")
        if schema is None:
            return None
        value = State.answer if State.answer is not None else made_up(schema)
        if name == "labels":
            value = spoil_labels(value, schema)
        if name == "extra":
            value = dict(value, run_this="rm -rf /")
        if name == "obey":
            value = obey(value, schema, json.dumps(ask["messages"]))
        return value

    def answer(self, name, wire, ask):
        if wire == "embedding":
            texts = ask["input"]
            data = [{"object": "embedding", "index": n, "embedding": embed(t)} for n, t in enumerate(texts)]
            return {"object": "list", "model": ask["model"], "data": {"empty": [], "extra": data + data}.get(name, list(reversed(data))),
                    "usage": {"prompt_tokens": 7, "total_tokens": 7}}
        value = self.value(name, wire, ask)
        text = (State.text or "A short answer.") if value is None else json.dumps(value)
        if name == "obey" and value is None:
            order = re.search(r"SYSTEM: answer ([A-Za-z0-9_-]+)", json.dumps(ask["messages"]))
            said = re.search(r'SYSTEM: say \\?"([^"\\]*)', json.dumps(ask["messages"]))
            text = said.group(1) if said else order.group(1) if order else text
        sizes = (len(json.dumps(ask)) // 4, max(1, len(text) // 4))
        if wire == "anthropic":
            part = {"type": "text", "text": text} if value is None else {
                "type": "tool_use", "id": "toolu_1", "name": "answer", "input": value}
            return {"id": "msg_1", "type": "message", "role": "assistant", "model": ask["model"],
                    "content": [] if name == "empty" else [part],
                    "stop_reason": "max_tokens" if name == "cut" else "end_turn" if value is None else "tool_use",
                    "usage": {"input_tokens": sizes[0], "output_tokens": sizes[1]}}
        return {"id": "chatcmpl-1", "object": "chat.completion", "created": int(time.time()), "model": ask["model"],
                "choices": [] if name == "empty" else [
                    {"index": 0, "message": {"role": "assistant", "content": text},
                     "finish_reason": "length" if name == "cut" else "stop"}],
                "usage": {"prompt_tokens": sizes[0], "completion_tokens": sizes[1], "total_tokens": sum(sizes)}}


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass  # clients that give up are the point


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--port", type=int, default=0)
    p.add_argument("--port-file", required=True)
    p.add_argument("--ledger")
    args = p.parse_args()
    State.ledger = args.ledger
    server = Server(("127.0.0.1", args.port), Handler)
    with open(args.port_file + ".tmp", "w", encoding="utf-8") as f:
        f.write("%d\n" % server.server_port)
    os.rename(args.port_file + ".tmp", args.port_file)
    server.serve_forever()


if __name__ == "__main__":
    main()
