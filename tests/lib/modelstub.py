"""A language model for tests: tests/stub/llm.py in a process of its own, scripted."""
import json, os, subprocess, sys, tempfile, time, urllib.request


class Model:
    """tests/stub/llm.py, scripted."""

    def __init__(self):
        self.dir = tempfile.TemporaryDirectory()
        port = os.path.join(self.dir.name, 'port')
        self.ledger = os.path.join(self.dir.name, 'ledger')
        self.process = subprocess.Popen([sys.executable, os.path.join(os.environ['top_srcdir'], 'tests/stub/llm.py'), '--port-file', port, '--ledger', self.ledger])
        until = time.time() + 120
        while not (os.path.exists(port) and open(port).read().strip()):
            assert time.time() < until, 'the stub did not start'
            time.sleep(0.05)
        self.port = int(open(port).read())

    def does(self, *steps, **answer):
        body = {'steps': list(steps)}
        if answer:
            body['answer'] = {'destination': 'Billing', 'intent': 'BILLING_QUESTION', 'confidence': 0.9, 'reason': 'A charge is wrong.',
                              'evidence': ['charged twice'], 'entities': [], 'priority': 'normal', 'actions': [], **answer}
        urllib.request.urlopen(urllib.request.Request('http://127.0.0.1:%d/_script' % self.port, json.dumps(body).encode())).read()

    def calls(self):
        return json.load(urllib.request.urlopen('http://127.0.0.1:%d/_calls' % self.port))['calls']

    def says(self, text, *steps, answer=None):
        """Free text for the next calls, and what is answered where a form is given."""
        body = {'steps': list(steps) or ['ok'], 'text': text, 'answer': answer}
        urllib.request.urlopen(urllib.request.Request('http://127.0.0.1:%d/_script' % self.port, json.dumps(body).encode())).read()

    def asked(self):
        return open(self.ledger).read() if os.path.exists(self.ledger) else ''

    def stop(self):
        self.process.kill()
        self.process.wait()
