"""An authenticator in software (WebAuthn Level 3, CTAP 2) that can be told to err: keys of ES256, EdDSA and RS256, attestation "none"."""
import base64, hashlib, json, os, struct

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

UP, UV, BE, BS, AT, ED = 1, 4, 8, 16, 64, 128


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b'=').decode()


def unb64(text):
    return base64.urlsafe_b64decode(text + '=' * (-len(text) % 4))


def head(major, n):
    for width, low, limit in ((0, None, 24), (1, 24, 1 << 8), (2, 25, 1 << 16), (4, 26, 1 << 32)):
        if n < limit:
            return bytes([major << 5 | (n if low is None else low)]) + (n.to_bytes(width, 'big') if width else b'')


def cbor(v):
    if isinstance(v, int):
        return head(0, v) if v >= 0 else head(1, -1 - v)
    if isinstance(v, bytes):
        return head(2, len(v)) + v
    if isinstance(v, str):
        return head(3, len(v.encode())) + v.encode()
    return head(5, len(v)) + b''.join(cbor(k) + cbor(x) for k, x in v.items())


class Passkey:
    """alg: -7, -8 or -257. count None: it counts nothing."""

    def __init__(self, options, origin, alg=-7, count=1, flags=UP | UV):
        self.rp_id, self.handle, self.origin, self.alg, self.count, self.flags = options['rp_id'], options['handle'], origin, alg, count, flags
        self.id = os.urandom(32)
        self.key = {-7: lambda: ec.generate_private_key(ec.SECP256R1()), -8: ed25519.Ed25519PrivateKey.generate,
                    -257: lambda: rsa.generate_private_key(65537, 2048)}[alg]()

    def cose(self):
        public = self.key.public_key()
        if self.alg == -8:
            from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
            return {1: 1, 3: -8, -1: 6, -2: public.public_bytes(Encoding.Raw, PublicFormat.Raw)}
        n = public.public_numbers()
        if self.alg == -257:
            return {1: 3, 3: -257, -1: n.n.to_bytes(256, 'big'), -2: n.e.to_bytes(3, 'big')}
        return {1: 2, 3: -7, -1: 1, -2: n.x.to_bytes(32, 'big'), -3: n.y.to_bytes(32, 'big')}

    def sign(self, data):
        if self.alg == -8:
            return self.key.sign(data)
        return self.key.sign(data, padding.PKCS1v15(), hashes.SHA256()) if self.alg == -257 else self.key.sign(data, ec.ECDSA(hashes.SHA256()))

    def client(self, kind, challenge, more):
        said = {'type': kind, 'challenge': challenge, 'origin': self.origin, 'crossOrigin': False, **more}
        return json.dumps({k: v for k, v in said.items() if v is not None}).encode()

    def data(self, flags, rp_id):
        return hashlib.sha256((rp_id or self.rp_id).encode()).digest() + bytes([flags]) + struct.pack('>I', self.count or 0)

    def register(self, challenge, fmt='none', flags=None, rp_id=None, cose=None, tail=b'', **client):
        """The fields of the form. client: members of clientDataJSON said otherwise."""
        flags = (self.flags if flags is None else flags) | AT
        data = self.data(flags, rp_id) + bytes(16) + struct.pack('>H', len(self.id)) + self.id + cbor(cose or self.cose()) + tail
        statement = {} if fmt == 'none' else {'alg': -7, 'sig': b'no signature at all'}
        return {'client_data': b64(self.client('webauthn.create', challenge, client)), 'attestation': b64(cbor({'fmt': fmt, 'attStmt': statement, 'authData': data}))}

    def answer(self, challenge, flags=None, rp_id=None, handle=True, count=True, spoil=False, **client):
        if count and self.count is not None:
            self.count += 1
        said = self.client('webauthn.get', challenge, client)
        data = self.data(self.flags if flags is None else flags, rp_id)
        signature = self.sign(data + hashlib.sha256(said).digest())
        if spoil:
            said = said.replace(b'"crossOrigin": false', b'"crossOrigin":  false')
        return {'credential': b64(self.id), 'client_data': b64(said), 'auth_data': b64(data), 'signature': b64(signature),
                'user_handle': (handle if isinstance(handle, str) else self.handle) if handle else ''}
