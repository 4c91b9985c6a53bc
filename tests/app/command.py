"""The command line given what it should not be: nothing is done by half, the exit status says so, and so do the words. Prints TAP."""
import contextlib, os, re, subprocess, sys, threading

sys.path.insert(0, os.path.join(os.environ['top_srcdir'], 'tests', 'lib'))
from house import House, SOURCE  # noqa: E402
from tap import done, ok  # noqa: E402

NOBODY = '00000000-0000-7000-8000-000000000000'
# What is given, its exit status, and words of what is said.
WRONG = (
    ('', 2, 'usage: fairlead'), ('nonsense', 2, '"nonsense" is no command'), ('jobs', 2, 'jobs list'), ('jobs frobnicate', 2, 'jobs list'),
    ('migrate statsu', 2, 'statsu is a word too many'), ('org list --all', 2, '--all is no option of it'), ('org add north N --lang es', 2, '--lang is no option'),
    ('org add north N --zone', 2, '--zone wants a value'), ('org add north N --zone --currency EUR', 2, '--zone wants a value'), ('org add north North House', 2, 'House is a word too many'),
    ('org add north N --zone UTC --zone UTC', 2, '--zone is given twice'), ('org add north', 2, 'usage: fairlead org add'), ('org add No_rth N', 1, 'a short name has'),
    ('org add north N --language fr', 1, 'en or es'), ('org add north N --zone Nowhere/X', 1, 'as Europe/Berlin'), ('org add north N --currency euro', 1, 'three capital letters'),
    ('org add demo Demo', 1, 'has this short name already'), ('user add a@b.example N --role owner', 2, '--org'), ('user add a@b.example N --org demo --role king', 1, 'a role is one of'),
    ('user add nobody N', 1, 'no e-mail address'), ('key add nope K', 1, '`fairlead org list` names them'), ('key add demo K --role king', 1, 'king; a role is one of owner'), ('key add demo K --days x', 2, 'usage'), ('key add demo K --days 0', 2, '1 to 3650'), ('key revoke x', 1, 'this is no id'),
    ('key revoke ' + NOBODY, 1, '`fairlead key list` shows ids'), ('cases import nope', 1, '`fairlead org list` names them'), ('token service nope', 1, '`fairlead org list` names them'),
    ('token service demo --trace zz', 2, '32 lower-case hex digits'), ('oidc off nope', 1, 'nope'), ('oidc set corp client', 2, '--issuer'), ('jobs list --queue nope', 1, '`fairlead jobs queues`'),
    ('jobs list --state lost', 2, 'queued, scheduled, active'), ('jobs list --limit 0', 2, '1 to 1000'), ('jobs dead --queue nope', 1, 'no queue is called nope'), ('jobs show ' + NOBODY, 1, '`fairlead jobs list`'),
    ('jobs replay', 2, '--queue NAME | --all'), ('jobs replay --queue nope', 1, 'no queue is called nope'), ('jobs archive --queue nope', 1, 'no queue is called nope'), ('jobs pause nope', 1, 'no such queue'),
    ('jobs limit nope --concurrency 5', 1, 'no such queue'), ('jobs limit email --concurrency 0', 2, '1-to-100'), ('jobs retry ' + NOBODY, 1, '`fairlead jobs dead`'), ('jobs test 1 --org nope', 1, '`fairlead org list` names them'),
    ('event list --org nope', 1, 'no organisation is called nope'), ('event list --type nope', 1, 'no event type is called nope'), ('event list --type a.b.intake.created', 1, 'no event type'), ('audit verify --org nope', 2, 'nope'),
    ('audit verify --file /etc/passwd', 2, 'does not begin as an export'), ('when tomorrow --locale fr', 2, 'en, en-GB or es'), ('when tomorrow --now yesterday', 1, '2026-11-21T15:30'),
    ('when tomorrow --zone Nowhere/X', 1, 'no time zone'), ('when next Friday', 2, 'into quotes'), ('export demo /nonexistent/x.zip', 2, '/nonexistent/x.zip'), ('export nope FILE', 1, '`fairlead org list` and'),
    ('replay --org nope', 1, 'no organisation'), ('replay --threshold 2', 2, 'from 0 to 1'), ('replay --since x', 2, '30d or 12h'), ('eval --org nope', 1, 'no organisation'),
    ('mail receive --from a', 64, '--from is no option'), ('mail receive', 64, 'usage'), ('collection snapshot demo nothing', 1, 'has no vectors of nothing'),
)
# Values no program starts with, and words of why.
BAD = (
    ('FAIRLEAD_URL', 'desk.example.org', 'https://HOST'), ('FAIRLEAD_URL', 'https://desk.example.org/path', 'without a path'), ('FAIRLEAD_ENV', 'production', 'local, staging or prod'),
    ('FAIRLEAD_SECRET', 'short', 'at least 32'), ('FAIRLEAD_SECRET_ID', '0', '1 to 255'), ('FAIRLEAD_SECRET_OLD', 'short', 'at least 32'), ('DATABASE_URL', '', 'is missing'),
    ('DATABASE_URL', 'nonsense', 'connection string'), ('REDIS_URL', 'localhost', 'redis://'), ('LOG_LEVEL', 'verbose', 'trace, debug, info'), ('LOG_MASK', '#', '4 to 64'), ('SENTRY_DSN', 'https://x/1', 'KEY@HOST'),
    ('ENABLE_METRICS', 'yes', 'true or false'), ('ALLOWED_ORIGINS', '*', 'no *'), ('RATE_LIMIT_MAX', '0', '1 to 1000000'), ('RATE_LIMIT_ORG', 'x', '1 to 1000000'), ('SHARE_DIR', 'share', 'starts with /'),
    ('RUN_DIR', 'run', 'starts with /'), ('DATA_DIR', '', 'is missing'), ('LIVE_PUBLISH_URL', '127.0.0.1', 'http://'), ('SMTP_HOST', 'smtp://mail.lan', 'without http://'), ('SMTP_HOST', 'mail.lan:25', 'without a port'),
    ('SMTP_PORT', '70000', '1 to 65535'), ('SMTP_SECURE', 'ssl', 'none, starttls or tls'), ('SMTP_USER', 'desk', 'SMTP_PASSWORD: is missing'), ('SMTP_FROM_NAME', ' ', 'one line'), ('SMTP_FROM_EMAIL', 'desk', 'desk@example.org'),
    ('ANTHROPIC_API_KEY', 'two words', 'without spaces'), ('ANTHROPIC_BASE_URL', 'api', 'http://'), ('OPENAI_API_KEY', 'a\nb', 'without spaces'), ('OPENAI_BASE_URL', '', 'is missing'), ('LLM_DECISION', 'gemini:x', 'Unsupported provider'),
    ('LLM_DECISION', 'anthropic,builtin', 'ANTHROPIC_API_KEY: is missing'), ('LLM_CHAT', 'openai,builtin', 'OPENAI_API_KEY: is missing'), ('LLM_EMBEDDING', 'openai:x', 'OPENAI_API_KEY: is missing'),
    ('LLM_EMBEDDING', 'ada', 'Unsupported provider'), ('LLM_VISION', 'x', 'Unsupported provider'), ('EMBEDDING_LEAST_PCT', '101', '0 to 100'), ('VECTOR_STORE', 'milvus', 'file, pgvector or qdrant'), ('QDRANT_URL', 'x', 'http://'),
    ('TWILIO_ACCOUNT_SID', 'AC/1', 'letters, digits'), ('TWILIO_ACCOUNT_SID', 'AC1', 'TWILIO_AUTH_TOKEN: is missing'), ('TWILIO_FROM', '555-1', 'short code'), ('GOOGLE_CALENDAR_CLIENT_ID', 'x', 'GOOGLE_CALENDAR_CLIENT_SECRET: is missing'),
    ('GOOGLE_CALENDAR_REDIRECT_URI', 'x', 'http://'), ('OUTSIDE_ALLOW', 'lan', 'host:port'), ('TENANT_ALLOW', 'lan:0', 'host:port'), ('CLAMD_SOCKET', '/run/clamd', 'unix:/path'), ('S3_ENDPOINT', 's3.lan', 'http://'),
    ('S3_ENDPOINT', 'https://s3.example', 'S3_ACCESS_KEY: is missing'), ('S3_REGION', 'eu west', 'letters, digits'), ('S3_BUCKET', 'a/b', 'letters, digits'), ('S3_CDN_URL', 'cdn', 'http://'), ('DOCUMENT_QUOTA_MB', '-1', 'whole number'),
    ('WEB_PROCESSES', '0', '1 to 64'), ('SLOW_PROCESSES', '17', '1 to 16'), ('WORKER_PROCESSES', 'all', '1 to 64'), ('WORKER_IO_PROCESSES', '65', '1 to 64'), ('JOB_TIMEOUTS', 'email.send', 'KIND=SECONDS'),
    ('FAIRLEAD_SECRET_FILE', '/nonexistent', 'cannot read'), ('ADMIN_SECOND_FACTOR_S', 'x', '0 to 86400'), ('SESSION_ADDRESS', 'no', 'audit or strict'), ('BLOCK_NEVER', '10.0.0.0/33', 'addresses or networks'), ('BLOCK_NEVER', '::1,lan', 'addresses or networks'), ('PASSWORD_RANGE_URL', 'x', 'http://'),
)


def give(fd, data):
    """Writes all of it to a pipe, as far as anybody reads."""
    with contextlib.suppress(BrokenPipeError), os.fdopen(fd, 'wb') as f:
        f.write(data)


def configuration(h):
    """Every program that reads it refuses it; the other programs read it by the same call."""
    conf = h.prefix / 'conf/fairlead.conf'
    for name, value, said in BAD:
        env = {**h.env, name: value}
        if name == 'FAIRLEAD_SECRET_FILE':
            lines = [line for line in conf.read_text().splitlines() if not line.startswith('FAIRLEAD_SECRET=')]
            (h.prefix / 'conf/other.conf').write_text('\n'.join(lines) + '\n')
        got = subprocess.run([h.program('fairlead'), '--config', str(h.prefix / 'conf/other.conf' if name.endswith('_FILE') else conf), 'config', 'show'], capture_output=True, text=True, env=env)
        ok(got.returncode == 2 and said in got.stderr and name.removesuffix('_FILE').split('_')[0] in got.stderr, 'refused: %s=%r' % (name, value), got.returncode, got.stderr)
    (h.prefix / 'conf/other.conf').write_text(conf.read_text() + 'SMTP_PROT=25\n')
    for name in ('fairlead', 'web', 'worker', 'batch'):
        got = subprocess.run([h.program(name), '--config', str(h.prefix / 'conf/other.conf'), *{'fairlead': ('org', 'list'), 'batch': ('due',)}.get(name, ())], capture_output=True, text=True, env=h.env)
        ok(got.returncode == 2 and 'SMTP_PROT is no known name' in got.stderr, 'a name that is none: ' + name, got.returncode, got.stderr)
    for size, status in ((200_000, 0), (300_000, 2)):  # a pipe gives 64 kB at a time, and half a configuration is another one
        r, w = os.pipe()
        text = ('# ' + 'x' * 97 + '\n') * (size // 100) + conf.read_text()
        giver = threading.Thread(target=give, args=(w, text.encode()))
        giver.start()
        got = subprocess.run([h.program('fairlead'), '--config', '/dev/fd/%d' % r, 'config', 'show'], capture_output=True, text=True, env=h.env, pass_fds=(r,))
        os.close(r)
        giver.join()
        ok(got.returncode == status, 'a configuration of %d bytes by a pipe: %d' % (len(text), status), got.returncode, got.stderr)
    shown = dict(line.split('=', 1) for line in h.fairlead('config', 'show').splitlines())
    named = set(re.findall(r'^\.It Ev (\w+)', (SOURCE / 'docs/man/fairlead.conf.5').read_text(), re.M))
    ok(set(shown) == named and shown['FAIRLEAD_SECRET'] == shown['DATABASE_URL'] == '(set)', 'what is shown are the names of the manual page, no secret among the values', set(shown) ^ named)
    table = re.findall(r'^\| ([a-z-]+) \| (\d+) \|', (SOURCE / 'docs/operations.md').read_text().split('## Queues')[1].split('\n## ')[0], re.M)
    ok(sorted(table) == sorted(tuple(r) for r in h.sql('select name, concurrency from queues')), 'docs/operations.md has the queues as they are', table)


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
        over, waits = (h.one("select id from jobs where kind = '%s'" % kind) for kind in ('over', 'waits') if h.sql(
            "insert into jobs (org_id, queue, kind) select id, 'email', '%s' from organizations where slug = 'demo'" % kind) == [])
        h.sql("select fl_job_bury(org_id, id, 'dead') from jobs where id = '%s'" % over)
        for words, said in (('jobs cancel ' + over, 'over already; `fairlead jobs show`'), ('jobs retry ' + waits, 'not over yet')):
            got = run('fairlead', *words.split())
            ok(got.returncode == 1 and said in got.stderr, 'refused: fairlead ' + words[:11], got.returncode, got.stderr)
        h.sql('delete from jobs; delete from job_history')
        for words, said in (('jobs list --queue n8n --state completed --limit 5', ''), ('jobs dead --queue email', 'nothing gave up'), ('event list --org demo --type intake:created', ''), ('event list --type ns.intake.created.v1', ''), ('event list --type schedule:triggered', ''),
                            ('replay --org demo --threshold 0.9 --since 12h', '"decisions":0'), ('org add north North --with-pipelines --zone Europe/Berlin', '-'), ('jobs replay --all', '0 run again')):
            got = run('fairlead', *words.split())
            ok(got.returncode == 0 and said in got.stdout, 'taken: fairlead ' + words, got.returncode, got.stderr)
        with open('/dev/full', 'w') as full:
            got = subprocess.run([h.program('fairlead'), '--config', conf, 'org', 'list'], stdout=full, stderr=subprocess.PIPE, text=True, env=h.env)
            ok(got.returncode == 1 and 'could not be written whole' in got.stderr, 'a list that nobody gets is no success', got.returncode, got.stderr)
        for name in ('web', 'worker', 'batch'):
            for words in (('--bogus',), ('--config',), ('due', 'now')):
                got = run(name, *words, config=False)
                ok(got.returncode == 2 and 'usage' in got.stderr, 'refused: fairlead-%s %s' % (name, ' '.join(words)), got.returncode, got.stderr)
            got = run(name, '--config', '/nonexistent', *(('due',) if name == 'batch' else ()), config=False)
            ok(got.returncode == 2 and 'cannot be read; give the configuration file' in got.stderr, 'no configuration: fairlead-' + name, got.returncode, got.stderr)
        got = run('fairlead', 'when', 'before Christmas', '--now', '2026-11-22T10:00', config=False)
        ok(got.returncode == 0 and '"start":"2026-12-25T00:00:00"' in got.stdout and '"bound":"before"' in got.stdout, 'a phrase is read at a moment that is named, without a site', got.returncode, got.stderr, got.stdout)
        configuration(h)
        got = run('batch', 'run', 'nope')
        ok(got.returncode == 1 and '`fairlead-batch list` names them' in got.stderr, 'a sweep that is not', got.returncode, got.stderr)
        got = subprocess.run([h.program('batch'), '--config', conf, 'due'], capture_output=True, text=True, env={**h.env, 'DATABASE_SWEEP_URL': h.conf['DATABASE_URL']})
        ok(got.returncode == 1 and 'cannot be declared' in got.stderr and '42501' in got.stderr, 'sweeps as a role that may not: the log says which and why', got.returncode, got.stderr)
        h.stop_one('postgres')
        for words in ('org list', 'jobs queues', 'doctor'):
            got = run('fairlead', *words.split())
            ok(got.returncode == 1 and 'PostgreSQL' in got.stderr + got.stdout, 'without a database: fairlead ' + words, got.returncode, got.stderr, got.stdout)
    done()


main()
