#!/usr/bin/python3
"""A virus scanner in clamd's wire format (clamd(8), zINSTREAM), which knows the EICAR test file and misbehaves on command. For tests:

    with Clamd(address) as c: c.mode = 'away'      address: ('127.0.0.1', 0) or a path

Modes: ok, mute (takes all, says nothing and closes), early (says the limit is passed before the end), error, away (closes at once).
"""
import os, socket, struct, threading

EICAR = 'X5O!P%@AP[4\\PZX54(P^)7CC)7}$' + 'EICAR-STANDARD-' + 'ANTIVIRUS-TEST-FILE!$H+H*'


class Clamd:
    def __init__(self, path=None, limit=25 << 20):
        self.mode, self.limit, self.scanned = 'ok', limit, 0
        self.server = socket.socket(socket.AF_UNIX if path else socket.AF_INET)
        self.server.bind(path or ('127.0.0.1', 0))
        if path:
            os.chmod(path, 0o777)
        self.server.listen(16)
        self.address = 'unix:' + path if path else '127.0.0.1:%d' % self.server.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                peer, _ = self.server.accept()
            except OSError:
                return
            threading.Thread(target=self.talk, args=(peer,), daemon=True).start()

    def talk(self, peer):
        with peer:
            try:
                answer = None if self.mode == 'away' else self.answer(peer)
                if answer:
                    peer.sendall(answer.encode() + b'\0')
            except (OSError, ValueError):
                pass

    def answer(self, peer):
        def take(n):
            got = b''
            while len(got) < n:
                more = peer.recv(min(n - len(got), 65536))
                if not more:
                    raise ValueError('cut off')
                got += more
            return got
        if take(10) != b'zINSTREAM\0':
            return 'UNKNOWN COMMAND'
        data = b''
        while True:
            size = struct.unpack('!L', take(4))[0]
            if size == 0:
                break
            data += take(size)
            if len(data) > self.limit or self.mode == 'early':
                return 'INSTREAM size limit exceeded. ERROR'
        self.scanned += 1
        return {'mute': None, 'error': 'stream: Can\'t allocate memory ERROR'}.get(
            self.mode, 'stream: Eicar-Test-Signature FOUND' if EICAR.encode() in data else 'stream: OK')

    def close(self):
        self.server.close()
