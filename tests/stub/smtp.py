#!/usr/bin/python3
"""An SMTP sink on 127.0.0.1: keeps each mail as a file, and refuses on command.

    smtp.py --port-file F --dir D [--port N] [--user U --password P]

A mail becomes D/NNNNNN.eml, its envelope D/NNNNNN.json. The file D/script, read at each command, holds lines "VERB REPLY" that
answer the verb instead, for example "RCPT 550 5.1.1 no such user", "END 451 4.3.0 try later" (END: after the data),
"CONNECT 421 busy", or "DATA hang" to say nothing.
"""
import argparse, asyncio, base64, json, os, re


class Sink:
    def __init__(self, args):
        self.args = args
        self.count = len([n for n in os.listdir(args.dir) if n.endswith(".eml")])

    def told(self, verb):
        try:
            with open(os.path.join(self.args.dir, "script"), encoding="utf-8") as f:
                for line in f:
                    name, _, reply = line.strip().partition(" ")
                    if name == verb:
                        return reply
        except FileNotFoundError:
            pass
        return None

    def keep(self, sender, to, data):
        self.count += 1
        base = os.path.join(self.args.dir, "%06d" % self.count)
        with open(base + ".json", "w", encoding="utf-8") as f:
            json.dump({"from": sender, "to": to, "size": len(data)}, f)
        with open(base + ".tmp", "wb") as f:
            f.write(data)
        os.rename(base + ".tmp", base + ".eml")

    async def serve(self, reader, writer):
        try:
            await Session(self, reader, writer).run()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            writer.close()


class Session:
    def __init__(self, sink, reader, writer):
        self.sink, self.reader, self.writer = sink, reader, writer
        self.sender, self.to, self.authed = None, [], not sink.args.user

    async def say(self, verb, reply):
        told = self.sink.told(verb)
        if told == "hang":
            await asyncio.sleep(3600)
        self.writer.write(((told or reply) + "\r\n").encode())
        await self.writer.drain()
        return told is None or told[0] in "23"

    async def line(self):
        raw = await self.reader.readline()
        if not raw:
            raise ConnectionError
        return raw.decode("utf-8", "replace").rstrip("\r\n")

    async def data(self):
        if not await self.say("DATA", "354 go on"):
            return
        lines = []
        while True:
            raw = await self.reader.readuntil(b"\n")
            if raw == b".\r\n":
                break
            lines.append(raw[1:] if raw.startswith(b".") else raw)
        told = self.sink.told("END")
        if told is None or told == "hang":
            self.sink.keep(self.sender, self.to, b"".join(lines))
        await self.say("END", "250 2.0.0 taken as %d" % self.sink.count)
        self.sender, self.to = None, []

    async def auth(self, arg):
        kind, _, first = arg.partition(" ")
        if kind.upper() != "PLAIN":
            await self.say("AUTH", "504 PLAIN only")
            return
        if not first:
            self.writer.write(b"334 \r\n")
            first = await self.line()
        parts = base64.b64decode(first).split(b"\0")
        self.authed = parts[-2:] == [self.sink.args.user.encode(), self.sink.args.password.encode()]
        await self.say("AUTH", "235 2.7.0 welcome" if self.authed else "535 5.7.8 wrong user or password")

    async def command(self, verb, arg):
        if verb in ("EHLO", "HELO"):
            await self.say(verb, "250-stub\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 AUTH PLAIN" if self.sink.args.user
                           else "250-stub\r\n250-8BITMIME\r\n250 SMTPUTF8")
        elif verb == "AUTH":
            await self.auth(arg)
        elif verb in ("MAIL", "RCPT") and not self.authed:
            await self.say("", "530 5.7.0 authenticate first")
        elif verb in ("MAIL", "RCPT"):
            found = re.search(r"<(.*)>", arg)
            if found and await self.say(verb, "250 2.1.0 fine"):
                if verb == "MAIL":
                    self.sender = found.group(1)
                else:
                    self.to.append(found.group(1))
        elif verb == "DATA":
            await self.data()
        else:
            await self.say(verb, "221 bye" if verb == "QUIT" else "250 fine")

    async def run(self):
        if not await self.say("CONNECT", "220 stub ESMTP"):
            return
        while True:
            verb, _, arg = (await self.line()).partition(" ")
            await self.command(verb.upper(), arg)
            if verb.upper() == "QUIT":
                return


async def main():
    p = argparse.ArgumentParser()
    p.add_argument("--port", type=int, default=0)
    p.add_argument("--port-file", required=True)
    p.add_argument("--dir", required=True)
    p.add_argument("--user")
    p.add_argument("--password", default="")
    args = p.parse_args()
    os.makedirs(args.dir, exist_ok=True)
    server = await asyncio.start_server(Sink(args).serve, "127.0.0.1", args.port, limit=1 << 26)
    with open(args.port_file + ".tmp", "w", encoding="utf-8") as f:
        f.write("%d\n" % server.sockets[0].getsockname()[1])
    os.rename(args.port_file + ".tmp", args.port_file)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
