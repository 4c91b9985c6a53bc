"""Export and erasure where files lie in a store (S3): what is only there is in the archive, and goes from there too, under every name it had. Prints TAP."""
import os, sys

sys.path[:0] = [os.path.join(os.environ['top_srcdir'], 'tests', d) for d in ('lib', 'stub')]
from archive import fetch, last, opened, wait_for  # noqa: E402
from document_lib import aged, send  # noqa: E402
from house import House  # noqa: E402
from s3 import S3  # noqa: E402
from tap import done, ok  # noqa: E402

LEASE, LETTER = b'The lease of the mill, 2026.', b'A letter of Carla Prado, carla@prado.example.'


def moved(h):
    """Everything read, put into the store and gone from here."""
    h.drained()
    h.wait(lambda: aged(h) and not list((h.prefix / 'data/files').glob('*-*/*')), 'the files to be in the store only')
    h.drained()


def contents(stub):
    return set(stub.objects.values())


def exported(h, stub, key):
    asked = h.api('POST', '/settings/danger/export', key)
    wait_for(h, asked.json['id'], 'ready')
    good, _, _, files = opened(fetch(h, key, asked.json['id'])[1].body)
    ok(good and {LEASE, LETTER} <= set(files.values()) and len(files) == len(stub.objects), 'an export has what lies in the store', good, list(files), list(stub.objects))


def contact(h, stub, ana, key):
    id = h.one("insert into contacts (org_id, name, email) select id, 'Carla Prado', 'carla@prado.example' from organizations returning id")
    name = next(n for n, data in stub.objects.items() if data == LETTER)
    h.form('/contacts/%s/data' % id, '/contacts/%s/erase' % id, {'confirm': 'carla@prado.example', 'documents': 'true'}, ana)
    wait_for(h, last(h, 'erase'), 'done')
    ok(LETTER not in contents(stub) and LEASE in contents(stub), 'whoever is erased is erased there, nobody else', list(stub.objects))
    send(h, key, 'again.txt', LETTER)
    moved(h)
    names = [n for n, data in stub.objects.items() if data == LETTER]
    ok(names == [name + '-1'], 'what comes again gets another name', names)


def organization(h, stub, ana):
    stub.objects['papers/somebody-else'] = b'x'
    h.form('/settings/danger', '/settings/danger/erase', {'confirm': 'mill', 'when': 'now'}, ana)
    wait_for(h, last(h, 'erase'), 'done')
    ok(list(stub.objects.values()) == [b'x'], 'an organisation leaves nothing there, and takes nothing of others', list(stub.objects))


def main():
    stub = S3()
    with House.temporary() as h:
        h.org('mill')
        ana, key = h.person('ana@mill.example', 'mill'), h.key('mill', 'owner')
        h.extra.update(stub.conf(), OUTSIDE_ALLOW='127.0.0.1:%d,127.0.0.1:%d' % (stub.port, h.ports['live']))
        h.write_conf()
        h.restart('web')
        h.restart('worker')
        for name, data in (('lease.txt', LEASE), ('letter.txt', LETTER)):
            send(h, key, name, data)
        moved(h)
        exported(h, stub, key)
        contact(h, stub, ana, key)
        organization(h, stub, ana)
    stub.close()
    done()


main()
