#!/usr/bin/python3
"""An S3-compatible store in memory, which checks the signature, the age and the signed host of every presigned request (AWS Signature Version 4) by its own
arithmetic, and misbehaves on command. For tests: s = S3(), or S3('/path') for one that lies behind a path; s.url, s.objects, s.away, s.close()"""
import datetime, hashlib, hmac, http.server, re, threading, urllib.parse


class S3:
    region, bucket, key, secret = 'eu-test-1', 'papers', 'AKIDEXAMPLE', 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY'

    def __init__(self, under=''):
        self.under = under
        self.objects, self.away, self.calls, self.slow_removals = {}, False, [], None
        stub = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = 'HTTP/1.1'

            def log_message(self, *a):
                pass

            def handle_any(self):
                body = self.rfile.read(int(self.headers.get('Content-Length') or 0))
                status, headers, data = stub.answer(self.command, self.path, self.headers, body)
                self.send_response(status)
                for k, v in {**headers, 'Content-Length': len(data)}.items():
                    self.send_header(k, str(v))
                self.end_headers()
                if self.command != 'HEAD':
                    self.wfile.write(data)

            do_GET = do_PUT = do_DELETE = do_HEAD = handle_any

        self.server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        self.port = self.server.server_address[1]
        self.url = 'http://127.0.0.1:%d%s' % (self.port, under)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def conf(self):
        return {'S3_ENDPOINT': self.url, 'S3_REGION': self.region, 'S3_BUCKET': self.bucket, 'S3_ACCESS_KEY': self.key, 'S3_SECRET_KEY': self.secret}

    def wrong(self, method, path, query, headers):
        """Why the request is not signed as it must be; None when it is."""
        q = dict(urllib.parse.parse_qsl(query, keep_blank_values=True))
        try:
            at = datetime.datetime.strptime(q['X-Amz-Date'], '%Y%m%dT%H%M%SZ').replace(tzinfo=datetime.timezone.utc)
            key, day, region, service, end = q['X-Amz-Credential'].split('/')
            age, sent = (datetime.datetime.now(datetime.timezone.utc) - at).total_seconds(), q.pop('X-Amz-Signature')
        except (KeyError, ValueError) as e:
            return 'AuthorizationQueryParametersError: %s' % e
        if (key, region, service, end, q['X-Amz-Algorithm'], q['X-Amz-SignedHeaders']) != (self.key, self.region, 's3', 'aws4_request', 'AWS4-HMAC-SHA256', 'host'):
            return 'InvalidAccessKeyId'
        if not -900 <= age <= int(q['X-Amz-Expires']):
            return 'Request has expired'

        def quote(text):
            return urllib.parse.quote(text, safe='-_.~')
        canonical = '\n'.join((method, urllib.parse.quote(urllib.parse.unquote(path), safe='/-_.~'), '&'.join('%s=%s' % (quote(k), quote(v)) for k, v in sorted(q.items())),
                               'host:' + headers['Host'], '', 'host', 'UNSIGNED-PAYLOAD'))
        to_sign = '\n'.join(('AWS4-HMAC-SHA256', q['X-Amz-Date'], '/'.join((day, region, 's3', 'aws4_request')), hashlib.sha256(canonical.encode()).hexdigest()))
        k = ('AWS4' + self.secret).encode()
        for part in (day, region, 's3', 'aws4_request', to_sign):
            k = hmac.new(k, part.encode(), hashlib.sha256).digest()
        return None if k.hex() == sent else 'SignatureDoesNotMatch'

    def answer(self, method, target, headers, body):
        path, _, query = target.partition('?')
        why = self.wrong(method, path, query, headers)
        self.calls.append((method, path, why))
        if self.away:
            return 503, {}, b'<Error><Code>SlowDown</Code></Error>'
        if why:
            return 403, {}, ('<Error><Code>%s</Code></Error>' % why).encode()
        if not re.match('%s/%s/.' % (self.under, self.bucket), path):
            return 404, {}, b'<Error><Code>NoSuchBucket</Code></Error>'
        key = urllib.parse.unquote(path[len(self.under):]).split('/', 2)[2]
        if method == 'PUT':
            self.objects[key] = body
            return 200, {'ETag': '"%s"' % hashlib.md5(body).hexdigest()}, b''
        if method == 'DELETE':
            if self.slow_removals is None:
                self.objects.pop(key, None)
            else:
                self.slow_removals.append(key)  # said to be done, and done when somebody calls catch_up
            return 204, {}, b''
        if key not in self.objects:
            return 404, {}, b'<Error><Code>NoSuchKey</Code></Error>'
        q = dict(urllib.parse.parse_qsl(query))
        return 200, {'Content-Type': q.get('response-content-type', 'binary/octet-stream'), 'Content-Disposition': q.get('response-content-disposition', 'inline')}, self.objects[key]

    def catch_up(self):
        for key in self.slow_removals:
            self.objects.pop(key, None)
        self.slow_removals = None

    def close(self):
        self.server.shutdown()
        self.server.server_close()
