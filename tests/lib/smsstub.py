"""The SMS gateway of tests/stub as a partner of tests."""
import json, os, pathlib, subprocess, tempfile, urllib.request

from house import House, free_port

STUB = pathlib.Path(__file__).resolve().parents[1] / 'stub' / 'sms.py'
ACCOUNT, TOKEN, LINE = 'AC' + '7' * 32, 'token-of-the-gateway', '+34600000001'


class SmsStub:
    def __init__(self):
        self.port = free_port()
        self.folder = tempfile.TemporaryDirectory()
        self.port_file = os.path.join(self.folder.name, 'port')
        self.process = subprocess.Popen([STUB, '--port', str(self.port), '--port-file', self.port_file, '--account', ACCOUNT, '--token', TOKEN])
        House.wait(lambda: os.path.exists(self.port_file), 'the SMS stub')

    def call(self, path, body=None):
        data = json.dumps(body).encode() if body is not None else None
        with urllib.request.urlopen(urllib.request.Request('http://127.0.0.1:%d%s' % (self.port, path), data)) as answer:
            return json.load(answer)

    def script(self, *steps):
        self.call('/_script', {'steps': steps})

    def ledger(self):
        return [(m['to'], m['body']) for m in self.call('/_ledger')]

    def close(self):
        self.process.kill()
        self.process.wait()
        self.folder.cleanup()
