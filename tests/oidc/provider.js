// oidc-provider (npm) on 127.0.0.1: a real OpenID provider whose people agree at once. GET /control?account=ID&email=A&name=N&verified=no&rotate=1 says who is
// signed in there, and gives it new keys. Arguments: port, redirect address.
'use strict';
const http = require('http');
const crypto = require('crypto');

const port = Number(process.argv[2]), back = process.argv[3], issuer = 'http://127.0.0.1:' + port;
let account = 'ana-there', email = 'ana@a.example', verified = true, name = 'Ana There', handle;

function keys() {
  const rsa = crypto.generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' });
  const ec = crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });
  return [{ ...rsa, use: 'sig', alg: 'RS256', kid: crypto.randomUUID() }, { ...ec, use: 'sig', alg: 'ES256', kid: crypto.randomUUID() }];
}

function client(id, more) {
  return { client_id: id, redirect_uris: [back], response_types: ['code'], grant_types: ['authorization_code'], ...more };
}

async function start() {
  const { Provider } = await import(require.resolve('oidc-provider'));
  const provider = new Provider(issuer, {
    clients: [client('rsa', { client_secret: 'a secret: with & odd + characters', id_token_signed_response_alg: 'RS256' }),
      client('ec', { client_secret: 'another-secret', id_token_signed_response_alg: 'ES256', token_endpoint_auth_method: 'client_secret_basic' }),
      client('public', { token_endpoint_auth_method: 'none' })],
    jwks: { keys: keys() },
    cookies: { keys: ['test'] },
    pkce: { required: () => true, methods: ['S256'] },
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
    conformIdTokenClaims: false,
    features: { devInteractions: { enabled: false } },
    interactions: { url: (ctx, i) => '/interaction/' + i.uid },
    findAccount: (ctx, id) => ({ accountId: id, claims: () => ({ sub: id, email, email_verified: verified, name }) }),
    loadExistingGrant: async (ctx) => {
      const grant = new ctx.oidc.provider.Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId });
      grant.addOIDCScope('openid email profile');
      await grant.save();
      return grant;
    },
  });
  const oidc = provider.callback();
  handle = async (req, res) => {
    if (!req.url.startsWith('/interaction/'))
      return oidc(req, res);
    await provider.interactionFinished(req, res, { login: { accountId: account } });
  };
}

http.createServer(async (req, res) => {
  const url = new URL(req.url, issuer);
  if (url.pathname === '/control') {
    account = url.searchParams.get('account') || account;
    email = url.searchParams.get('email') || email;
    name = url.searchParams.get('name') || name;
    verified = url.searchParams.get('verified') !== 'no';
    if (url.searchParams.get('rotate'))
      await start();
    return res.end('ok');
  }
  return handle(req, res);
}).listen(port, '127.0.0.1', async () => { await start(); console.log('ready'); });
