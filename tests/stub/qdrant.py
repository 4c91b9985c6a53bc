#!/usr/bin/python3
"""Qdrant's REST interface in memory, as far as its documentation (api.qdrant.tech) names what Fairlead uses: collections, payload index, upsert, delete, query by vector with a
filter and a threshold, exact count. It checks shapes and the key, is away on command, and holds points back until an event (held: how many).
For tests: with Qdrant() as q: q.url, q.collections, q.away, q.hold, q.held"""
import http.server, json, math, re, threading, uuid


def cosine(a, b):
    return sum(x * y for x, y in zip(a, b)) / math.sqrt(sum(x * x for x in a) * sum(y * y for y in b))


class Wrong(Exception):
    pass


class Qdrant:
    key = 'stub-key'

    def __init__(self):
        self.collections, self.away, self.hold, self.held, self.calls = {}, False, None, 0, []
        stub = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = 'HTTP/1.1'

            def log_message(self, *a):
                pass

            def handle_any(self):
                body = self.rfile.read(int(self.headers.get('Content-Length') or 0))
                status, answer = stub.answer(self.command, self.path, self.headers, body)
                data = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header('Content-Type', 'application/json')
                self.send_header('Content-Length', str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_PUT = do_POST = do_DELETE = handle_any

        self.server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        self.place = '127.0.0.1:%d' % self.server.server_address[1]
        self.url = 'http://' + self.place
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def conf(self):
        return {'VECTOR_STORE': 'qdrant', 'QDRANT_URL': self.url, 'QDRANT_API_KEY': self.key, 'OUTSIDE_ALLOW': self.place}

    def answer(self, method, path, headers, body):
        """Who asks for points to be kept gives up after 30 s."""
        if not self.hold or method != 'PUT' or not path.split('?')[0].endswith('/points'):
            return self.judge(method, path, headers, body)
        self.held += 1
        self.hold.wait(25)
        try:
            return self.judge(method, path, headers, body)
        finally:
            self.held -= 1

    def judge(self, method, path, headers, body):
        self.calls.append((method, path))
        if self.away:
            return 503, {'status': {'error': 'Service Unavailable'}, 'time': 0}
        if headers.get('api-key') != self.key:
            return 401, {'status': {'error': 'Must provide an API key or an Authorization bearer token'}, 'time': 0}
        try:
            status, result = self.act(method, path.split('?')[0], json.loads(body) if body else None)
        except (Wrong, KeyError, TypeError, ValueError) as e:
            return 400, {'status': {'error': 'Format error in JSON body: %r' % e}, 'time': 0}
        return status, {'result': result, 'status': 'ok' if status == 200 else {'error': result}, 'time': 0.0001}

    def act(self, method, path, ask):
        if (method, path) == ('GET', '/collections'):
            return 200, {'collections': [{'name': name} for name in self.collections]}
        name, rest = re.fullmatch(r'/collections/([\w-]+)(/.*)?', path).groups()
        if method == 'PUT' and not rest:
            if name in self.collections:
                return 409, 'Wrong input: Collection `%s` already exists!' % name
            if ask['vectors']['distance'] not in ('Cosine', 'Euclid', 'Dot', 'Manhattan'):
                raise Wrong('distance')
            self.collections[name] = {'size': int(ask['vectors']['size']), 'points': {}, 'index': set()}
            return 200, True
        if name not in self.collections:
            return 404, "Not found: Collection `%s` doesn't exist!" % name
        return 200, self.work(name, self.collections[name], method, rest, ask)

    def work(self, name, c, method, rest, ask):
        done = {'operation_id': len(self.calls), 'status': 'completed'}
        if method == 'DELETE' and not rest:
            del self.collections[name]
            return True
        if (method, rest) == ('PUT', '/index'):
            c['index'].add((ask['field_name'], ask['field_schema']))
            return done
        if (method, rest) == ('PUT', '/points'):
            for p in ask['points']:
                if len(p['vector']) != c['size']:
                    raise Wrong('Vector dimension error: expected dim: %d, got %d' % (c['size'], len(p['vector'])))
                c['points'][str(uuid.UUID(p['id']))] = ([float(x) for x in p['vector']], p['payload'])
            return done
        if (method, rest) == ('POST', '/points/delete'):
            for at in ask['points']:
                c['points'].pop(str(uuid.UUID(at)), None)
            return done
        if (method, rest) == ('POST', '/points/count'):
            return {'count': len(c['points'])}
        if (method, rest) == ('POST', '/points/query'):
            return {'points': self.nearest(c, ask)}
        raise Wrong(rest)

    @staticmethod
    def nearest(c, ask):
        if len(ask['query']) != c['size']:
            raise Wrong('Vector dimension error: expected dim: %d, got %d' % (c['size'], len(ask['query'])))
        must = ask.get('filter', {}).get('must', [])
        must = must if isinstance(must, list) else [must]
        found = [{'id': at, 'version': 1, 'score': cosine(ask['query'], v)} for at, (v, payload) in c['points'].items()
                 if all(payload.get(m['key']) in m['match']['any'] for m in must)]
        found = [p for p in found if p['score'] >= ask.get('score_threshold', -1)]
        return sorted(found, key=lambda p: -p['score'])[:int(ask['limit'])]

    def __enter__(self):
        return self

    def __exit__(self, *a):
        self.server.shutdown()
        self.server.server_close()
