"""Visiting a site of Fairlead by HTTP as a browser or an API client would."""
import http.client, json, re, time, urllib.parse

PASSWORD = 'correct horse battery staple'


class HouseError(Exception):
    pass


class Answer:
    def __init__(self, response, body):
        self.status, self.headers, self.body = response.status, response.headers, body

    @property
    def text(self):
        return self.body.decode()

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def token(self):
        """The one-time form token of the page."""
        found = re.search(r'name="_token" value="([^"]+)"', self.text)
        if not found:
            raise HouseError('no form token in the page')
        return found.group(1)


class Visitor:
    """Needs self.port, on 127.0.0.1."""

    def sign_in(self, email, password=PASSWORD):
        """Answers the session cookie. Told to come again later, as everybody is while a slow machine hashes for others, it does, for two minutes."""
        until = time.monotonic() + 120
        while True:
            answer = self.post('/signin', {'email': email, 'password': password, '_token': self.get('/signin').token})
            if answer.status != 503 or time.monotonic() > until:
                break
            time.sleep(1)
        if answer.status != 303:
            raise HouseError('sign-in of %s answered %d' % (email, answer.status))
        return answer.headers['Set-Cookie'].split(';')[0]

    def prove(self, who, password=PASSWORD):
        """Gives the password again; answers the cookie of the session from then on."""
        answer = self.form('/me/confirm', '/me/confirm', {'password': password}, who)
        if answer.status != 303:
            raise HouseError('the proof of a password answered %d' % answer.status)
        return answer.headers['Set-Cookie'].split(';')[0]

    def request(self, method, path, who=None, body=None, headers=None, timeout=120, source=None):
        """source: an address of 127.0.0.0/8 to come from. who: a session cookie ("fairlead=..."), an API key ("fl_..."), or nobody."""
        head = {'Accept': 'text/html', **(headers or {})}
        if who and '=' in who:
            head['Cookie'] = who
        elif who:
            head['Authorization'] = 'Bearer ' + who
        if isinstance(body, dict) and head.get('Content-Type') == 'application/json':
            body = json.dumps(body)
        elif isinstance(body, (dict, list)):
            body = urllib.parse.urlencode(body, doseq=True)
            head.setdefault('Content-Type', 'application/x-www-form-urlencoded')
        c = http.client.HTTPConnection('127.0.0.1', self.port, timeout=timeout, source_address=(source, 0) if source else None)
        try:
            c.request(method, path, body, head)
            response = c.getresponse()
            return Answer(response, response.read())
        finally:
            c.close()

    def get(self, path, who=None, **more):
        return self.request('GET', path, who, **more)

    def post(self, path, body=None, who=None, **more):
        return self.request('POST', path, who, body if body is not None else {}, **more)

    def api(self, method, path, who=None, body=None, headers=None):
        head = {'Accept': 'application/json', 'Content-Type': 'application/json', **(headers or {})}
        return self.request(method, '/api/v1' + path, who, body, head)

    def form(self, page, path, body, who=None):
        """Fetches a page for its token, then posts."""
        return self.post(path, {**body, '_token': self.get(page, who).token}, who)
