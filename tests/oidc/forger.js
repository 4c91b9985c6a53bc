// A provider that lies, by node alone: its token endpoint answers an ID token made wrong in the way POST /control names as JSON:
// {head, claims, key: rsa|ec|small|mac, drop: [claims], raw, slow, issuer}. GET /asked tells what it was asked.
'use strict';
const http = require('http');
const crypto = require('crypto');

const port = Number(process.argv[2]), issuer = 'http://127.0.0.1:' + port;
const pair = { rsa: crypto.generateKeyPairSync('rsa', { modulusLength: 2048 }), ec: crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  small: crypto.generateKeyPairSync('rsa', { modulusLength: 1024 }), other: crypto.generateKeyPairSync('rsa', { modulusLength: 2048 }) };
const b64 = (x) => Buffer.from(x).toString('base64url');
let mode = {}, nonce = '', asked = { keys: 0, tokens: 0 };

function idToken() {
  const now = Math.floor(Date.now() / 1000), how = mode.key || 'rsa';
  const head = { alg: how === 'ec' ? 'ES256' : 'RS256', kid: how, typ: 'JWT', ...mode.head };
  const claims = { iss: issuer, aud: 'forged', sub: 'ana-there', iat: now, exp: now + 300, nonce, email: 'ana@a.example', email_verified: true };
  for (const [name, value] of Object.entries(mode.claims || {}))
    claims[name] = typeof value === 'string' && value.startsWith('now') ? now + Number(value.slice(3)) : value;
  for (const name of mode.drop || [])
    delete claims[name];
  const signed = b64(JSON.stringify(head)) + '.' + b64(JSON.stringify(claims));
  if (mode.raw !== undefined)
    return mode.raw === 'unsigned' ? signed + '.' : mode.raw;
  if (how === 'mac')
    return signed + '.' + crypto.createHmac('sha256', pair.rsa.publicKey.export({ type: 'spki', format: 'pem' })).update(signed).digest('base64url');
  return signed + '.' + crypto.sign('sha256', Buffer.from(signed), { key: pair[how].privateKey, dsaEncoding: mode.der ? 'der' : 'ieee-p1363' }).toString('base64url');
}

function json(res, value) {
  res.setHeader('Content-Type', 'application/json');
  res.end(JSON.stringify(value));
}

http.createServer((req, res) => {
  const url = new URL(req.url, issuer);
  let body = '';
  req.on('data', (part) => { body += part; });
  req.on('end', () => {
    if (url.pathname === '/control') {
      mode = JSON.parse(body);
      res.end('ok');
    } else if (url.pathname === '/asked') {
      json(res, asked);
    } else if (url.pathname === '/.well-known/openid-configuration') {
      json(res, { issuer: mode.issuer || issuer, authorization_endpoint: issuer + '/auth', token_endpoint: issuer + '/token', jwks_uri: issuer + '/keys' });
    } else if (url.pathname === '/keys') {
      asked.keys++;
      json(res, { keys: ['rsa', 'ec', 'small'].map((kid) => ({ ...pair[kid].publicKey.export({ format: 'jwk' }), kid })) });
    } else if (url.pathname === '/auth') {
      nonce = url.searchParams.get('nonce');
      res.statusCode = 302;
      res.setHeader('Location', url.searchParams.get('redirect_uri') + '?code=c&state=' + encodeURIComponent(url.searchParams.get('state')));
      res.end();
    } else {
      asked.tokens++;
      if (!mode.silent)
        json(res, { access_token: 'x', token_type: 'Bearer', id_token: idToken() });
    }
  });
}).listen(port, '127.0.0.1', () => console.log('ready'));
