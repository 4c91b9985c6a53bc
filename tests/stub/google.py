#!/usr/bin/python3
"""Google on 127.0.0.1, as far as a calendar needs it: OAuth 2.0 for web servers with PKCE, and of the Calendar API v3 calendarList.list, events list, get, insert,
patch, delete and instances, with ETags, pages, sync tokens and 410.

    google.py --port-file F [--port N]

Whoever asks is let in at once. POST /_set sets what happens next: {"deny": bool} (no consent), {"expire": true} (sync tokens so far are no longer known),
{"revoke": true} (tokens so far), {"limit": N} (the next N calls are over the limit), {"gone": "calendar"}, {"page": N} (events a page),
{"event": {...}} (somebody changes or makes an event there), {"delete": "id"}, {"unwatched": bool} (channels are refused), {"channel_limit": "watch" or "stop"} (too many calls of it), {"week": seconds} (how long channels last). GET /_state tells it all.
A change is told to the channels that watch the calendar, as Google tells it: a POST whose words are all in its headers.
"""
import argparse, base64, copy, datetime, hashlib, http.server, json, re, secrets, threading, time, urllib.parse, urllib.request, zoneinfo

CLIENT, SECRET = 'client-1.apps.googleusercontent.example', 'secret-of-the-client'
lock = threading.RLock()
codes, refresh, access = {}, {}, {}
calendars = {'ana@gmail.example': {}, 'team@group.example': {}}
state = {'deny': False, 'limit': 0, 'page': 250, 'oldest': 0, 'clock': 1, 'calls': [], 'revoked': [], 'channels': {}, 'stopped': [], 'told': [], 'unwatched': False, 'channel_limit': '', 'week': 604800}


def tick():
    state['clock'] += 1
    return state['clock']


def instant(t, calendar_zone='Europe/Madrid'):
    if 'date' in t and t['date']:
        return datetime.datetime.fromisoformat(t['date']).replace(tzinfo=zoneinfo.ZoneInfo(calendar_zone))
    at = datetime.datetime.fromisoformat(t['dateTime'].replace('Z', '+00:00'))
    return at if at.tzinfo else at.replace(tzinfo=zoneinfo.ZoneInfo(t['timeZone']))


def shown(t):
    """Times come back with their offset."""
    t = {k: v for k, v in t.items() if v is not None}
    if 'dateTime' in t:
        at = instant(t)
        t['dateTime'] = (at.astimezone(zoneinfo.ZoneInfo(t['timeZone'])) if 'timeZone' in t else at).isoformat()
    return t


def tell(channel, what):
    c = state['channels'][channel]
    c['n'] += 1
    headers = {'X-Goog-Channel-ID': channel, 'X-Goog-Channel-Token': c['token'], 'X-Goog-Resource-ID': c['resourceId'], 'X-Goog-Resource-State': what, 'X-Goog-Message-Number': str(c['n']),
               'X-Goog-Resource-URI': 'https://www.googleapis.com/calendar/v3/calendars/%s/events' % c['cal']}

    def post():
        try:
            with urllib.request.urlopen(urllib.request.Request(c['address'], b'', headers), timeout=120) as a:
                said = a.status
        except urllib.error.HTTPError as e:
            said = e.code
        except OSError as e:
            said = str(e)
        with lock:
            state['told'].append([what, said])
    threading.Thread(target=post, daemon=True).start()


def keep(cal, ident, fields):
    """Patch semantics: null takes a field away."""
    e = calendars[cal].setdefault(ident, {'kind': 'calendar#event', 'id': ident, 'iCalUID': fields.get('iCalUID', ident + '@google.com'), 'status': 'confirmed',
                                          'organizer': {'email': cal, 'self': True}, 'sequence': 0})
    for k, v in fields.items():
        if v is None:
            e.pop(k, None)
        elif k in ('start', 'end', 'originalStartTime'):
            e[k] = shown(v)
        else:
            e[k] = v
    n = tick()
    e['etag'], e['_n'] = '"%d"' % (n * 1000), n
    for channel, c in state['channels'].items():
        if c['cal'] == cal:
            tell(channel, 'exists')
    return e


class Google(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def log_message(self, *a):
        pass

    def answer(self, status, body=None, more=()):
        data = b'' if body is None else json.dumps(body).encode()
        self.send_response(status)
        for k, v in (('Content-Type', 'application/json; charset=UTF-8'), ('Content-Length', len(data)), *more):
            self.send_header(k, str(v))
        self.end_headers()
        self.wfile.write(data)

    def fail(self, status, reason, message='no'):
        self.answer(status, {'error': {'code': status, 'message': message, 'errors': [{'domain': 'calendar', 'reason': reason, 'message': message}]}})

    def body(self):
        return self.rfile.read(int(self.headers.get('Content-Length') or 0)).decode()

    # --- OAuth ---

    def authorize(self, q):
        need = ('client_id', 'redirect_uri', 'state', 'code_challenge', 'scope')
        if q.get('client_id') != CLIENT or q.get('response_type') != 'code' or q.get('code_challenge_method') != 'S256' or q.get('access_type') != 'offline' or not all(q.get(k) for k in need):
            return self.answer(400, {'error': 'invalid_request', 'asked': q})
        if state['deny']:
            back = {'error': 'access_denied', 'state': q['state']}
        else:
            code = '4/' + secrets.token_urlsafe(30)
            codes[code] = (q['code_challenge'], q['redirect_uri'], q['scope'])
            back = {'state': q['state'], 'code': code, 'scope': q['scope']}
        self.answer(302, None, (('Location', q['redirect_uri'] + '?' + urllib.parse.urlencode(back)),))

    def token(self, f):
        refused = {'error': 'invalid_grant', 'error_description': 'Token has been expired or revoked.'}
        if (f.get('client_id'), f.get('client_secret')) != (CLIENT, SECRET):
            return self.answer(401, {'error': 'invalid_client'})
        if f.get('grant_type') == 'authorization_code':
            challenge, where, scope = codes.pop(f.get('code'), (None, None, None))
            mine = base64.urlsafe_b64encode(hashlib.sha256(f.get('code_verifier', '').encode()).digest()).rstrip(b'=').decode()
            if challenge != mine or where != f.get('redirect_uri'):
                return self.answer(400, refused)
            r = '1//' + secrets.token_urlsafe(30)
            refresh[r] = scope
        elif f.get('refresh_token') in refresh:
            r, scope = None, refresh[f['refresh_token']]
        else:
            return self.answer(400, refused)
        a = 'ya29.' + secrets.token_urlsafe(30)
        access[a] = scope
        self.answer(200, {'access_token': a, 'expires_in': 3599, 'token_type': 'Bearer', 'scope': scope, **({'refresh_token': r} if r else {})})

    # --- the API ---

    def listed(self, cal, q):
        known = q.get('syncToken')
        if known and int(known) < state['oldest']:
            return self.fail(410, 'fullSyncRequired', 'Sync token is no longer valid, a full sync is required.')
        found = [e for e in calendars[cal].values() if (e['_n'] > int(known) if known else e['status'] == 'cancelled' and 'recurringEventId' in e or e['status'] != 'cancelled'
                 and (e.get('recurrence') or instant(e['end']) > instant({'dateTime': q['timeMin']})))]
        found.sort(key=lambda e: e['_n'])
        at = int(q.get('pageToken') or 0)
        size = min(state['page'], int(q.get('maxResults') or 250))
        out = {'kind': 'calendar#events', 'items': [self.public(e) for e in found[at:at + size]]}
        out.update({'nextPageToken': str(at + size)} if at + size < len(found) else {'nextSyncToken': str(state['clock'])})
        self.answer(200, out)

    def public(self, e):
        if e['status'] == 'cancelled':
            return {k: e[k] for k in ('kind', 'id', 'etag', 'status', 'recurringEventId', 'originalStartTime') if k in e}
        return {k: v for k, v in e.items() if k[0] != '_'}

    def instances(self, cal, e, q):
        at = instant({'dateTime': q['originalStart']})
        ident = e['id'] + '_' + at.astimezone(datetime.timezone.utc).strftime('%Y%m%dT%H%M%SZ')
        length = instant(e['end']) - instant(e['start'])
        one = calendars[cal].get(ident) or {**copy.deepcopy(self.public(e)), 'id': ident, 'recurringEventId': e['id'], 'originalStartTime': {'dateTime': at.isoformat(), 'timeZone': e['start']['timeZone']},
                                            'start': {'dateTime': at.isoformat(), 'timeZone': e['start']['timeZone']}, 'end': {'dateTime': (at + length).isoformat(), 'timeZone': e['start']['timeZone']}}
        one.pop('recurrence', None)
        self.answer(200, {'items': [one]})
        state.setdefault('virtual', {})[ident] = one

    def api(self, path, q):
        token = (self.headers.get('Authorization') or '').removeprefix('Bearer ')
        body = self.body()
        if token not in access:
            return self.fail(401, 'authError', 'Invalid Credentials')
        if state['limit'] > 0:
            state['limit'] -= 1
            return self.fail(403, 'rateLimitExceeded')
        if path == '/users/me/calendarList':
            return self.answer(200, {'kind': 'calendar#calendarList', 'items': [{'id': c, 'summary': c.split('@')[0].title(), 'accessRole': 'owner'} for c in calendars]})
        if state['channel_limit'] and path.endswith('/' + state['channel_limit']):
            return self.fail(403, 'rateLimitExceeded')
        if path == '/channels/stop':
            return self.stop(json.loads(body))
        m = re.fullmatch('/calendars/([^/]+)/events(?:/([^/]+))?(/instances)?', path)
        cal = urllib.parse.unquote(m.group(1)) if m else None
        if cal not in calendars:
            return self.fail(404, 'notFound', 'Not Found')
        if m.group(2) == 'watch' and self.command == 'POST':
            return self.watch(cal, json.loads(body))
        if not m.group(2):
            return self.listed(cal, q) if self.command == 'GET' else self.insert(cal, json.loads(body))
        self.one(cal, urllib.parse.unquote(m.group(2)), m.group(3), q, body)

    def watch(self, cal, f):
        if state['unwatched']:
            return self.fail(401, 'push.webhookUrlUnauthorized', 'Unauthorized WebHook callback channel: ' + f['address'])
        if f['type'] != 'web_hook' or not re.fullmatch('[A-Za-z0-9_+/=-]{1,64}', f['id']) or len(f['token']) > 256:
            return self.fail(400, 'invalid')
        if f['id'] in state['channels']:
            return self.fail(400, 'channelIdNotUnique')
        state['channels'][f['id']] = {'cal': cal, 'address': f['address'], 'token': f['token'], 'resourceId': 'res-' + hashlib.sha256(cal.encode()).hexdigest()[:20], 'n': 0}
        self.answer(200, {'kind': 'api#channel', 'id': f['id'], 'resourceId': state['channels'][f['id']]['resourceId'], 'token': f['token'],
                          'expiration': str(int((time.time() + state['week']) * 1000))})
        tell(f['id'], 'sync')

    def stop(self, f):
        c = state['channels'].get(f['id'])
        if not c or c['resourceId'] != f['resourceId']:
            return self.fail(404, 'notFound', "Channel '%s' not found for project" % f['id'])
        state['stopped'].append(f['id'])
        del state['channels'][f['id']]
        self.answer(204)

    def insert(self, cal, fields):
        ident = fields.get('id') or secrets.token_hex(13)
        if not re.fullmatch('[a-v0-9]{5,1024}', ident) or fields['start'].get('dateTime') and not fields['start'].get('timeZone'):
            return self.fail(400, 'invalid')
        if ident in calendars[cal]:
            return self.fail(409, 'duplicate', 'The requested identifier already exists.')
        self.answer(200, self.public(keep(cal, ident, fields)))

    def one(self, cal, ident, instances, q, body):
        e = calendars[cal].get(ident)
        virtual = state.get('virtual', {}).get(ident)
        if not e and not virtual:
            return self.fail(404, 'notFound')
        if instances:
            return self.instances(cal, e, q)
        if self.headers.get('If-Match') and self.headers['If-Match'] != (e or virtual)['etag']:
            return self.fail(412, 'conditionNotMet', 'Precondition Failed')
        if self.command == 'GET':
            return self.answer(200, self.public(e))
        if self.command == 'DELETE':
            if e['status'] == 'cancelled':
                return self.fail(410, 'deleted', 'Resource has been deleted')
            keep(cal, ident, {'status': 'cancelled'})
            return self.answer(204)
        if not e:
            calendars[cal][ident] = virtual
        self.answer(200, self.public(keep(cal, ident, json.loads(body))))

    def change(self, d):
        cal = d.get('calendar', 'ana@gmail.example')
        for k in ('deny', 'limit', 'page', 'unwatched', 'channel_limit', 'week'):
            state[k] = d.get(k, state[k])
        if d.get('expire'):
            state['oldest'] = tick() + 1
            tick()
        if d.get('revoke'):
            refresh.clear(), access.clear()
        if d.get('gone'):
            calendars.pop(d['gone'])
        if d.get('delete'):
            keep(cal, d['delete'], {'status': 'cancelled'})
        if d.get('event'):
            keep(cal, d['event']['id'], d['event'])
        self.answer(200, {})

    def serve(self):
        u = urllib.parse.urlsplit(self.path)
        q = dict(urllib.parse.parse_qsl(u.query))
        with lock:
            if u.path == '/_state':
                return self.answer(200, {**state, 'calendars': calendars, 'refresh': list(refresh)})
            if u.path == '/_set':
                return self.change(json.loads(self.body()))
            state['calls'].append('%s %s' % (self.command, u.path))
            if u.path == '/o/oauth2/v2/auth':
                return self.authorize(q)
            if u.path == '/token':
                return self.token(dict(urllib.parse.parse_qsl(self.body())))
            if u.path == '/revoke':
                state['revoked'].append(dict(urllib.parse.parse_qsl(self.body())).get('token'))
                refresh.pop(state['revoked'][-1], None)
                return self.answer(200, {})
            if u.path.startswith('/calendar/v3'):
                return self.api(u.path.removeprefix('/calendar/v3'), q)
            self.fail(404, 'notFound')

    do_GET = do_POST = do_PATCH = do_DELETE = serve


if __name__ == '__main__':
    p = argparse.ArgumentParser()
    p.add_argument('--port-file', required=True)
    p.add_argument('--port', type=int, default=0)
    args = p.parse_args()
    server = http.server.ThreadingHTTPServer(('127.0.0.1', args.port), Google)
    with open(args.port_file, 'w') as f:
        f.write(str(server.server_address[1]))
    server.serve_forever()
