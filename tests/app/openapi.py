"""The description the program gives of itself: it is valid OpenAPI 3.1, and what every route of the API answers, good or bad, is as it says. Prints TAP."""
import json, os, re, subprocess, sys

for room in ('lib', 'http'):
    sys.path.insert(0, os.path.join(os.environ['top_srcdir'], 'tests', room))
from house import House  # noqa: E402
from openapi_good import Good, wait_for_people  # noqa: E402
from tap import done, note, ok  # noqa: E402
from visit import PASSWORD  # noqa: E402
from walker import Org, Walk  # noqa: E402

TOOLS = os.environ['TOOLS']
# These end what others are asked about; those that follow end or narrow who asks.
ENDS = re.compile('/(remove|delete|cancel|reject|withdraw|close|undo|redact|merge)$|^/me/|^/admin/(users|orgs)')
LEAVES = re.compile('^/(auth/logout|members|me/password|me/sessions|me/data|settings/danger|me/factor)')
MADE = ('/pipelines/{id}/stages', '/contacts/{id}/erase', '/members/{id}/onboarding', '/book/{token}', '/poll/{token}', '/intake/{id}/files', '/portal/{id}/documents')


def valid(document):
    path = os.path.join(TOOLS, 'openapi.json')
    with open(path, 'w') as f:
        json.dump(document, f)
    said = subprocess.run([os.path.join(TOOLS, 'node_modules/.bin/validate-api'), path], capture_output=True, text=True).stdout
    return '"valid": true' in said, said


class Held:
    """What was answered, and who asked."""

    def __init__(self, h, org, routes):
        self.h, self.org, self.walk, self.lines = h, org, Walk(h, routes, {}), []
        self.routes = [r for r in routes if 'html_only' not in r['flags']]

    def keep(self, method, path, a):
        self.lines.append(json.dumps({'method': method, 'path': path, 'status': a.status, 'type': a.headers.get('Content-Type', ''), 'text': a.body.decode('utf-8', 'replace')}))
        return a

    def api(self, method, path, address, *more, **and_more):
        return self.keep(method, path, self.h.api(method, address, *more, **and_more))

    def reads(self, who):
        for r in (r for r in self.routes if r['method'] == 'GET'):
            self.keep('GET', r['path'], self.walk.ask(r, self.org, who, True))

    def writes(self, who, admin):
        mine = [r for r in self.routes if r['method'] == 'POST' and ('admin' in r['flags']) == admin and not r['path'].startswith('/signin')]
        for r in sorted(mine, key=lambda r: (bool(LEAVES.search(r['path'])), bool(ENDS.search(r['path'])))):
            token = self.walk.token(who) if admin else None
            self.keep('POST', r['path'], self.walk.ask(r, self.org, who if r['permission'] else None, True, token=token))

    def doors(self, key, owner):
        """What needs more than the sample of each field: who signs in, files, tokens, and what is asked for by a name."""
        h, login = self.h, {'email': 'member@aa.example', 'password': PASSWORD}
        self.api('GET', '/problems/{name}', '/problems/not-found')
        self.api('POST', '/auth/login', '/auth/login', None, login)
        self.api('POST', '/auth/login', '/auth/login', None, {**login, 'password': 'wrong'})
        self.api('POST', '/auth/token', '/auth/token', owner, {'grant_type': 'session'})
        self.api('POST', '/csp-report', '/csp-report', None, {'csp-report': {}})
        self.keep('POST', '/documents', upload(h, '/api/v1/documents', key))
        self.keep('POST', '/documents/{id}/versions', upload(h, '/api/v1/documents/%s/versions' % self.org.ids['documents'], key))
        self.keep('POST', '/intake/{id}/files', upload(h, '/api/v1/intake/%s/files' % self.org.ids['intake_requests'], key))
        link = self.api('GET', '/documents/{id}/link', '/documents/%s/link' % self.org.ids['documents'], key).json['url']
        self.keep('GET', '/files/{link}', h.request('GET', '/api/v1/files/' + link.rsplit('/', 1)[1]))
        hook = {'Authorization': 'Bearer a-secret-of-twenty-and-more-letters', 'Content-Type': 'application/json', 'X-Webhook-Token': 'a-secret-of-twenty-and-more-letters', 'X-Request-Id': 'once'}
        for _ in range(2):
            self.keep('POST', '/webhooks/{token}', h.request('POST', '/api/v1/webhooks/' + self.org.door['/webhooks/'], None, '{"subject": "By hook", "id": "once"}', hook))
        self.keep('POST', '/contacts', h.request('POST', '/api/v1/contacts', key, '{', {'Content-Type': 'application/json'}))
        self.keep('POST', '/contacts', h.request('POST', '/api/v1/contacts', key, 'x', {'Content-Type': 'text/csv'}))

    def judge(self, document):
        files = [os.path.join(TOOLS, name) for name in ('openapi.json', 'answers.jsonl')]
        for path, text in zip(files, (json.dumps(document), '\n'.join(self.lines))):
            with open(path, 'w') as f:
                f.write(text)
        return json.loads(subprocess.check_output(['node', os.path.join(os.environ['top_srcdir'], 'tests/app/openapi.js'), TOOLS, *files]))


def bare(document):
    """Members of answers whose schema says nothing."""
    found = []

    def look(where, schema):
        if not schema:
            found.append(where)
        for name, of in (schema.get('properties') or {}).items():
            look(where + '.' + name, of)
        if 'items' in schema:
            look(where + '[]', schema['items'])

    for path, ops in document['paths'].items():
        for method, op in ops.items():
            for status, answer in op['responses'].items():
                if 'application/json' in answer.get('content', {}) and path != '/openapi.json':
                    look('%s %s %s' % (method, path, status), answer['content']['application/json']['schema'])
    return found


def upload(h, path, who):
    body = '--cut\r\nContent-Disposition: form-data; name="files"; filename="a.txt"\r\n\r\nSome words for %s\r\n--cut--\r\n' % path
    return h.request('POST', path, who, body, {'Content-Type': 'multipart/form-data; boundary=cut'})


def main():
    with House.temporary(conf={'RATE_LIMIT_MAX': '1000000', 'ADMIN_SECOND_FACTOR_S': '0'}) as h:
        routes = json.loads(subprocess.check_output([h.program('web'), '--config', str(h.prefix / 'conf/fairlead.conf'), '--routes'], env=h.env))
        routes = [r for r in routes if r['path'] != '/gate']  # only nginx asks it
        document = json.loads(h.get('/api/v1/openapi.json').text)
        fits, said = valid(document)
        ok(fits, 'the description is valid OpenAPI 3.1', said[:600])
        broken = json.loads(json.dumps(document))
        next(iter(broken['paths'].values()))['get']['responses'] = []
        ok(not valid(broken)[0], 'the validator finds a fault')
        empty = [(p, m, s) for p, ops in document['paths'].items() for m, o in ops.items() for s, a in o['responses'].items() for t in [a.get('content', {}).get('application/json')]
                 if t is not None and not (t.get('schema', {}).get('properties') or t.get('schema', {}).get('maxProperties') == 0)]
        ok(empty == [('/openapi.json', 'get', '200')], 'each answer in JSON has its members told, but that which is the description', empty)
        ok(not bare(document), 'nothing in an answer is told as anything at all', bare(document))
        org = Org(h, 'aa')
        org.fill()
        h.drained()
        waiting = wait_for_people(h, org)
        h.stop_one('worker')
        org.rest()
        h.give(h.prefix / 'data/files' / org.id)
        root = h.person('root@platform.example', admin=True)
        held = Held(h, org, routes)
        for who in (org.people['owner'], org.people['client'], org.people['user'], org.key, root, None):
            held.reads(who)
        held.doors(org.key, org.people['owner'])
        good = Good(held, org, waiting, root)
        good.all()
        ok(not good.refused, 'who writes as people do is refused nothing', *good.refused)
        # An access token stays in its organisation, whatever is done; it proves no second factor.
        held.writes(h.api('POST', '/auth/token', org.people['owner'], {'grant_type': 'session'}).json['access_token'], False)
        held.writes(root, True)
        found = held.judge(document)
        ok(not found['wrong'], '%d answers are as the description says, member by member' % len(held.lines), *sorted(set(found['wrong']))[:12])
        done_well = {k.rsplit(' ', 1)[0] for k in found['valid'] if k[-3:] < '400'}
        ok(not [p for p in MADE if 'POST %s 201' % p not in found['valid']], 'what is made under something else, or has a key of its own, is told as 201 too', [k for k in found['valid'] if k.split()[1] in MADE])
        reads = {'GET ' + r['path'] for r in held.routes if r['method'] == 'GET'}
        writes = {'POST ' + r['path'] for r in held.routes if r['method'] == 'POST'}
        note('no good answer seen of: ' + ', '.join(sorted((reads | writes) - done_well)))
        ok(len(reads & done_well) >= 0.9 * len(reads), '%d of %d that read answered well' % (len(reads & done_well), len(reads)), sorted(reads - done_well))
        ok(len(writes & done_well) >= 0.8 * len(writes), '%d of %d that write answered well' % (len(writes & done_well), len(writes)), sorted(writes - done_well))
        departed = json.loads(json.dumps(document))
        departed['paths']['/intake']['get']['responses']['200']['content']['application/json']['schema']['properties'].pop('items')
        ok(any(w.startswith('GET /intake 200') for w in held.judge(departed)['wrong']), 'a member that is not told is found')
    done()


if __name__ == '__main__':
    main()
