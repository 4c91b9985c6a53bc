#!/usr/bin/python3
"""An SMS gateway on 127.0.0.1 in Twilio's wire format (Messages resource, 2010-04-01), which misbehaves on command.

    sms.py --port-file F --account AC... --token T [--port N]

POST and GET /2010-04-01/Accounts/AC.../Messages.json with HTTP Basic. POST /_script {"steps": [STEP, ...]} sets what the next sends do; the
last step stays: ok, cut (takes the message, then ends the connection without an answer), 429, 503, 400 (error 21211), 21610 (said STOP), html.
GET /_ledger gives all messages taken.
"""
import argparse, base64, http.server, json, threading, time, urllib.parse

lock, taken, steps = threading.Lock(), [], ['ok']


class Gateway(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def log_message(self, *a):
        pass

    def answer(self, status, body, kind='application/json', more=()):
        data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        self.send_response(status)
        for k, v in (('Content-Type', kind), ('Content-Length', len(data)), *more):
            self.send_header(k, str(v))
        self.end_headers()
        self.wfile.write(data)

    def known(self):
        want = 'Basic ' + base64.b64encode(('%s:%s' % (args.account, args.token)).encode()).decode()
        if self.headers.get('Authorization') == want and self.path.split('?')[0] == '/2010-04-01/Accounts/%s/Messages.json' % args.account:
            return True
        self.answer(401, {'code': 20003, 'message': 'Authenticate', 'more_info': 'https://www.twilio.com/docs/errors/20003', 'status': 401})
        return False

    def do_GET(self):
        if self.path == '/_ledger':
            with lock:
                return self.answer(200, taken)
        if self.known():
            q = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.path).query))
            with lock:
                found = [m for m in reversed(taken) if m['to'] == q.get('To', m['to']) and m['from'] == q.get('From', m['from'])]
            self.answer(200, {'messages': found, 'page': 0, 'page_size': 50, 'next_page_uri': None})

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get('Content-Length') or 0)).decode()
        if self.path == '/_script':
            with lock:
                steps[:] = json.loads(body)['steps']
            return self.answer(200, {})
        if not self.known():
            return
        f = dict(urllib.parse.parse_qsl(body, strict_parsing=True))
        with lock:
            step = steps.pop(0) if len(steps) > 1 else steps[0]
        if step == '429':
            return self.answer(429, {'code': 20429, 'message': 'Too Many Requests', 'status': 429}, more=(('Retry-After', 1),))
        if step == '503':
            return self.answer(503, {'code': 20503, 'message': 'Service unavailable', 'status': 503})
        if step in ('400', '21610'):
            code = 21211 if step == '400' else 21610
            return self.answer(400, {'code': code, 'message': 'Invalid To' if code == 21211 else 'Attempt to send to unsubscribed recipient', 'status': 400})
        if step == 'html':
            return self.answer(200, '<html>maintenance</html>', 'text/html')
        with lock:
            m = {'sid': 'SM%032x' % (len(taken) + 1), 'account_sid': args.account, 'to': f['To'], 'from': f['From'], 'body': f['Body'], 'status': 'queued',
                 'direction': 'outbound-api', 'error_code': None, 'error_message': None, 'status_callback': f.get('StatusCallback'),
                 'date_created': time.strftime('%a, %d %b %Y %H:%M:%S +0000', time.gmtime())}
            taken.append(m)
        if step == 'cut':
            self.close_connection = True
            return self.connection.close()
        self.answer(201, m)


p = argparse.ArgumentParser()
p.add_argument('--port-file', required=True)
p.add_argument('--account', required=True)
p.add_argument('--token', required=True)
p.add_argument('--port', type=int, default=0)
args = p.parse_args()
server = http.server.ThreadingHTTPServer(('127.0.0.1', args.port), Gateway)
with open(args.port_file, 'w') as f:
    f.write(str(server.server_address[1]))
server.serve_forever()
