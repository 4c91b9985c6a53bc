"""The command line given what it should not be: nothing is done by half, the exit status says so, and so do the words. Prints TAP."""
import os, subprocess, sys

sys.path.insert(0, os.path.join(os.environ['top_srcdir'], 'tests', 'lib'))
from house import House  # noqa: E402
from tap import done, ok  # noqa: E402

NOBODY = '00000000-0000-7000-8000-000000000000'
# What is given, its exit status, and words of what is said.
WRONG = (
    ('', 2, 'usage: fairlead'), ('nonsense', 2, '"nonsense" is no command'), ('jobs', 2, 'jobs list'), ('jobs frobnicate', 2, 'jobs list'),
    ('migrate statsu', 2, 'statsu is a word too many'), ('org list --all', 2, '--all is no option of it'), ('org add north N --lang es', 2, '--lang is no option'),
    ('org add north N --zone', 2, '--zone wants a value'), ('org add north N --zone --currency EUR', 2, '--zone wants a value'), ('org add north North House', 2, 'House is a word too many'),
    ('org add north N --zone UTC --zone UTC', 2, '--zone is given twice'), ('org add north', 2, 'usage: fairlead org add'), ('org add No_rth N', 1, 'a short name has'),
    ('org add north N --language fr', 1, 'en or es'), ('org add north N --zone Nowhere/X', 1, 'no time zone'), ('org add north N --currency euro', 1, 'three capital letters'),
    ('org add demo Demo', 1, 'has this short name already'), ('user add a@b.example N --role owner', 2, '--org'), ('user add a@b.example N --org demo --role king', 1, 'a role is one of'),
    ('user add nobody N', 1, 'no e-mail address'), ('key add nope K', 1, 'nope'), ('key add demo K --role king', 1, 'king'), ('key add demo K --days x', 2, 'usage'), ('key revoke x', 1, 'this is no id'),
    ('key revoke ' + NOBODY, 1, '`fairlead key list` shows ids'), ('cases import nope', 1, '`fairlead org list` names them'), ('token service nope', 1, 'nope'),
    ('token service demo --trace zz', 2, '32 lower-case hex digits'), ('oidc off nope', 1, 'nope'), ('oidc set corp client', 2, '--issuer'), ('jobs list --queue nope', 1, '`fairlead jobs queues`'),
    ('jobs list --state lost', 2, 'queued, scheduled, active'), ('jobs list --limit 0', 2, '1 to 1000'), ('jobs dead --queue nope', 1, 'no queue is called nope'), ('jobs show ' + NOBODY, 1, '`fairlead jobs list`'),
    ('jobs replay', 2, '--queue NAME | --all'), ('jobs replay --queue nope', 1, 'no queue is called nope'), ('jobs archive --queue nope', 1, 'no queue is called nope'), ('jobs pause nope', 1, 'no such queue'),
    ('jobs limit nope --concurrency 5', 1, 'no such queue'), ('jobs limit email --concurrency 0', 2, '1-to-100'), ('jobs retry ' + NOBODY, 1, '`fairlead jobs dead`'), ('jobs test 1 --org nope', 1, 'nope'),
    ('event list --org nope', 1, 'no organisation is called nope'), ('event list --type nope', 1, 'no event type is called nope'), ('audit verify --org nope', 2, 'nope'),
    ('audit verify --file /etc/passwd', 2, 'does not begin as an export'), ('when tomorrow --locale fr', 2, 'en, en-GB or es'), ('when tomorrow --now yesterday', 1, '2026-11-21T15:30'),
    ('when tomorrow --zone Nowhere/X', 1, 'no time zone'), ('when next Friday', 2, 'into quotes'), ('export demo /nonexistent/x.zip', 2, '/nonexistent/x.zip'), ('export nope FILE', 1, 'nope'),
    ('replay --org nope', 1, 'no organisation'), ('replay --threshold 2', 2, 'from 0 to 1'), ('replay --since x', 2, '30d or 12h'), ('eval --org nope', 1, 'no organisation'),
    ('mail receive --from a', 64, '--from is no option'), ('mail receive', 64, 'usage'), ('collection snapshot demo nothing', 1, 'has no vectors of nothing'),
)


def main():
    with House.temporary(programs=()) as h:
        h.org('demo')
        conf = str(h.prefix / 'conf/fairlead.conf')

        def run(name, *args, config=True):
            return subprocess.run([h.program(name), *(('--config', conf) if config else ()), *args], input='correct horse battery staple\n', capture_output=True, text=True, env=h.env, cwd=h.prefix)

        for words, status, said in WRONG:
            got = run('fairlead', *words.split())
            ok(got.returncode == status and said in got.stderr and not got.stdout, 'refused: fairlead ' + words, got.returncode, got.stderr, got.stdout)
        ok(h.sql("select (select count(*) from organizations where slug <> 'demo' and id <> 'ffffffff-ffff-ffff-ffff-ffffffffffff'), (select count(*) from users)") == [['0', '0']],
           'and nothing came of any', h.sql('select slug from organizations'))
        ok(not (h.prefix / 'FILE').exists(), 'an export that fails leaves no file behind')
        for words, said in (('--help', 'usage: fairlead'), ('help', 'usage: fairlead'), ('jobs --help', 'jobs replay'), ('org add --help', '--currency'), ('--version', 'fairlead ')):
            got = run('fairlead', *words.split(), config=False)
            ok(got.returncode == 0 and said in got.stdout and not got.stderr, 'told: fairlead ' + words, got.returncode, got.stderr, got.stdout)
        for words, said in (('jobs list --queue n8n --state completed --limit 5', ''), ('jobs dead --queue email', 'nothing gave up'), ('event list --org demo --type intake:created', ''),
                            ('replay --org demo --threshold 0.9 --since 12h', '"decisions":0'), ('org add north North --with-pipelines --zone Europe/Berlin', '-'), ('jobs replay --all', '0 run again')):
            got = run('fairlead', *words.split())
            ok(got.returncode == 0 and said in got.stdout, 'taken: fairlead ' + words, got.returncode, got.stderr)
        for name in ('web', 'worker', 'batch'):
            for words in (('--bogus',), ('--config',), ('due', 'now')):
                got = run(name, *words, config=False)
                ok(got.returncode == 2 and 'usage' in got.stderr, 'refused: fairlead-%s %s' % (name, ' '.join(words)), got.returncode, got.stderr)
            got = run(name, '--config', '/nonexistent', *(('due',) if name == 'batch' else ()), config=False)
            ok(got.returncode == 2 and 'cannot be read; give the configuration file' in got.stderr, 'no configuration: fairlead-' + name, got.returncode, got.stderr)
        got = run('batch', 'run', 'nope')
        ok(got.returncode == 1 and '`fairlead-batch list` names them' in got.stderr, 'a sweep that is not', got.returncode, got.stderr)
        h.stop_one('postgres')
        for words in ('org list', 'jobs queues', 'doctor'):
            got = run('fairlead', *words.split())
            ok(got.returncode == 1 and 'PostgreSQL' in got.stderr + got.stdout, 'without a database: fairlead ' + words, got.returncode, got.stderr, got.stdout)
    done()


main()
