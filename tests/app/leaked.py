"""New passwords looked up among leaked ones by a range of hashes (Have I Been Pwned): refused when found, never kept waiting when nobody answers. Prints TAP."""
import hashlib, http.server, os, sys, threading

sys.path.insert(0, os.path.join(os.environ['top_srcdir'], 'tests', 'lib'))
from house import House, free_port  # noqa: E402
from tap import done, ok  # noqa: E402
from visit import PASSWORD  # noqa: E402

LEAKED, PADDED, FRESH = 'seven quiet herons at noon', 'nine loud plovers at dusk', 'three slow cranes at dawn'


def digest(password):
    return hashlib.sha1(password.encode()).hexdigest().upper()


class Range(http.server.ThreadingHTTPServer):
    """mode: what it does."""

    def __init__(self):
        self.mode, self.got, self.free = 'well', [], threading.Event()
        super().__init__(('127.0.0.1', free_port()), Asked)
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Asked(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        s = self.server
        s.got.append((self.path, self.headers.get('Add-Padding')))
        if s.mode == 'silent':
            s.free.wait(120)
            return
        lines = ['0' * 35 + ':3', digest(LEAKED)[5:] + ':42', digest(PADDED)[5:] + ':0'] if s.mode == 'well' else ['<html>', ':::', 'x' * 300]
        body = '\r\n'.join(lines).encode() * (20000 if s.mode == 'endless' else 1)
        self.send_response(503 if s.mode == 'failing' else 200)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        try:
            self.wfile.write(body)
        except OSError:
            pass

    def log_message(self, *_):
        pass


def sign_up(h, password, n=[0]):
    n[0] += 1
    return h.form('/signup', '/signup', {'name': 'Mara', 'email': 'mara%d@a.example' % n[0], 'password': password})


def main():
    service = Range()
    with House.temporary(programs=('web',), conf={'RATE_LIMIT_MAX': '1000000', 'PASSWORD_RANGE_URL': 'http://127.0.0.1:%d/range' % service.server_port,
                                                  'OUTSIDE_ALLOW': '127.0.0.1:%d' % service.server_port}) as h:
        h.org('aa')
        ana = h.person('ana@aa.example', org='aa')
        a = sign_up(h, LEAKED)
        ok(a.status == 422 and 'collection of leaked' in a.text, 'a leaked one is refused', a.status)
        ok(service.got == [('/range/' + digest(LEAKED)[:5], 'true')], 'only five digits of its hash leave the house', service.got)
        ok(sign_up(h, PADDED).status == 303, 'what is there to pad the answer is not leaked')
        ok(sign_up(h, FRESH).status == 303, 'another is taken')
        ok(sign_up(h, 'password12345').status == 422 and len(service.got) == 3, 'what is common is refused without asking')
        a = h.form('/me/security', '/me/password', {'old': PASSWORD, 'password': LEAKED}, ana)
        ok(a.status == 422 and 'collection of leaked' in a.text, 'nor is it taken in a change', a.status)
        for mode in ('failing', 'odd', 'endless', 'silent'):
            service.mode, before = mode, len(service.got)
            ok(sign_up(h, LEAKED).status == 303 and len(service.got) == before + 1, 'nobody is kept out by a service that is ' + mode)
            ok(mode == 'odd' or sign_up(h, LEAKED).status == 303 and len(service.got) == before + 1, 'who failed rests: ' + mode)
            h.sql("update password_range set rests_until = '-infinity'")
        service.free.set()
        service.shutdown()
        service.server_close()
        ok(sign_up(h, LEAKED).status == 303, 'nor by one that is gone')
    done()


main()
