#!/usr/bin/python3
"""A whole Fairlead in one folder: PostgreSQL, Redis, nginx and the programs, on unix sockets and 127.0.0.1.

As a command: house.py start|stop|status --prefix DIR --build DIR [--port N] [--mail]. As a module, for tests:

    with House.temporary(build) as h:
        h.org('demo'); ana = h.person('ana@a.example', org='demo', role='owner')
        h.get('/intake', ana).status
"""
import argparse, contextlib, fcntl, grp, hashlib, http.client, json, os, pathlib, pwd, re, secrets, shutil, signal, socket, subprocess, sys, tempfile, time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from ending import leave_by_signal  # noqa: E402
from visit import PASSWORD, Answer, HouseError, Visitor  # noqa: E402,F401

SOURCE = pathlib.Path(__file__).resolve().parents[2]
# How long a wait for something sure goes on at least: a machine under load may be twenty times slower than a quiet one, and a condition that holds costs nothing.
PATIENCE_S = 120
JOBS = """set lock_timeout = '2s'; select concat_ws(' ', queue, kind, state, 'runs', runs, 'errors', errors, 'due in', round(extract(epoch from run_at - clock_timestamp())), 's', dedupe, last_error)
 from jobs order by state = 'delayed', run_at limit 10; select concat_ws(' ', queue, kind, state, last_error) from job_history where state = 'dead' order by finished_at desc limit 3"""


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


def read_conf(path):
    return dict(line.split('=', 1) for line in path.read_text().splitlines() if '=' in line and not line.startswith('#')) if path.exists() else {}


def assignments(conf):
    return ['%s=%s' % item for item in conf.items()]


def birth(pid):
    """What tells a process from another that got its number later: this boot, and when it started. None when there is no such process."""
    try:
        state, *rest = open('/proc/%d/stat' % pid).read().rsplit(')', 1)[1].split()
    except OSError:
        return None
    return None if state == 'Z' else open('/proc/sys/kernel/random/boot_id').read().strip() + ':' + rest[18]


class House(Visitor):
    def __init__(self, prefix, build, port=None, fsync=True, conf=None, share=None, rate=100000, pg_conf='', mail=False, env=None):
        self.prefix, self.build = pathlib.Path(prefix).resolve(), pathlib.Path(build).resolve()
        self.share = pathlib.Path(share).resolve() if share else SOURCE
        self.fsync, self.extra, self.rate, self.pg_conf = fsync, conf or {}, rate, pg_conf
        self.pg = pathlib.Path(subprocess.check_output(['pg_config', '--bindir'], text=True).strip())
        self.run = self.prefix / 'run'
        # psql itself before Debian's wrapper of it, which is a program in perl.
        self.env = {'PATH': '%s:%s:/usr/sbin:/sbin' % (self.pg, os.environ['PATH']), 'LANG': 'C.UTF-8', 'OMP_THREAD_LIMIT': '1'}
        self.inner = ['env', *('%s=%s' % item for item in (env or {}).items())] if env else []  # of the programs themselves, not of what starts them
        self.account = 'postgres' if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
        for name in ('ASAN_OPTIONS', 'UBSAN_OPTIONS', 'LSAN_OPTIONS'):
            if name in os.environ:
                self.env[name] = os.environ[name]
        self.rights = None
        self.cluster = None  # a cluster to begin with
        self.keeps = False  # what somebody wrote into the configuration
        path = self.prefix / 'conf' / 'ports.json'
        self.ports, self.kept = json.loads(path.read_text()) if path.exists() else {}, []
        if port:
            self.ports['site'] = port
        self.mail = mail or 'smtp' in self.ports

    @property
    def port(self):
        return self.ports.get('site')

    def places(self, *names):
        return ','.join('127.0.0.1:%d' % self.ports[name] for name in names if name in self.ports)

    def url(self, path=''):
        return 'http://127.0.0.1:%d%s' % (self.port, path)

    # --- life ---

    @classmethod
    @contextlib.contextmanager
    def temporary(cls, build=None, **more):
        """A house in a folder of its own that is gone afterwards. `more` goes to House; programs=(...) says what to start.
        How many public pages one address may ask for in a minute is a matter of the tests that say so: a quick machine would pass it."""
        conf = {'RATE_LIMIT_MAX': '100000', **(more.pop('conf', None) or {})}
        programs = more.pop('programs', ('web', 'worker'))
        build = build or os.environ.get('top_builddir', '.')
        leave_by_signal()
        folder = tempfile.mkdtemp(prefix='fl')
        os.chmod(folder, 0o755)
        house = cls(folder, build, fsync=more.pop('fsync', False), conf=conf, **more)
        try:
            house.cluster = house.kept_cluster()
            house.start(programs)
            yield house
        except BaseException:
            house.show_logs()
            raise
        finally:
            house.stop()
            if os.environ.get('KEEP') != '1':
                shutil.rmtree(folder, ignore_errors=True)

    def kept_cluster(self):
        """A cluster as `migrate` leaves it, kept beside the build: making one costs two seconds of processor, copying it a tenth of that.
        None for a schema other than the source's."""
        if self.share != SOURCE:
            return None
        texts = [SOURCE / 'sql/bootstrap.sql', *sorted((SOURCE / 'sql/schema').glob('*.sql'))]
        key = hashlib.sha256(b'\0'.join(path.name.encode() + b'\0' + path.read_bytes() for path in texts)).hexdigest()[:16]
        place = self.build / 'tests' / 'cluster'
        place.mkdir(parents=True, exist_ok=True)
        with open(place / 'lock', 'w') as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (place / key).exists():
                for old in place.glob('*/'):
                    shutil.rmtree(old)
                first = House(tempfile.mkdtemp(prefix='fl'), self.build, fsync=False)
                os.chmod(first.prefix, 0o755)
                try:
                    first.start(programs=())
                    first.stop()
                    subprocess.run(['mv', first.prefix / 'pg', place / 'new'], check=True)  # keeps the owner across file systems too
                    os.rename(place / 'new', place / key)  # it is whole, or not there
                finally:
                    first.stop()
                    shutil.rmtree(first.prefix, ignore_errors=True)
        return place / key

    def program(self, name):
        folder = {'fairlead': 'ctl', 'web': 'http', 'worker': 'worker', 'batch': 'batch', 'reader': 'reader'}[name]
        return str(self.build / 'src' / folder / (name if name == 'fairlead' else 'fairlead-' + name))

    def start(self, programs=('web', 'worker')):
        for folder in ('conf', 'run', 'data', 'log', 'nginx'):
            (self.prefix / folder).mkdir(parents=True, exist_ok=True)
            self.give(self.prefix / folder)
        self.give(self.prefix)
        for name in ('site', 'live') + (('smtp', 'imap') if self.mail else ()):
            if name not in self.ports:
                self.ports[name] = self.keep_port()
        (self.prefix / 'conf' / 'ports.json').write_text(json.dumps(self.ports))
        self.start_postgres()
        self.start_redis()
        self.write_conf()
        self.fairlead('migrate')
        self.let_ports()
        if self.mail:
            import mailhouse
            mailhouse.start(self)
        for name in programs:
            self.start_program(name)
        self.start_nginx()
        if 'web' in programs:
            self.wait(lambda: self.get('/health/ready').status == 200, 'the web processes to answer', 15, lambda: self.pid('web'))
        return self

    def keep_port(self):
        """A port nobody else is given until let_ports(): between here and its use lie seconds, and other tests look for theirs."""
        self.kept.append(socket.socket())
        self.kept[-1].bind(('127.0.0.1', 0))
        return self.kept[-1].getsockname()[1]

    def let_ports(self):
        while self.kept:
            self.kept.pop().close()

    def stop(self):
        self.let_ports()
        first = ('nginx', 'cron', 'worker', 'web')
        for name in (*first, *sorted({p.stem for p in self.run.glob('*.pid')} - {*first}), 'postgres'):
            self.stop_one(name)

    def stop_one(self, name, sig=signal.SIGTERM, within_s=25):
        pid = self.pid(name)
        if pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGINT if name == 'postgres' and sig == signal.SIGTERM else sig)
            end = time.monotonic() + within_s
            while self.alive(pid) and time.monotonic() < end:
                time.sleep(0.02)
            with contextlib.suppress(ProcessLookupError):
                if name != 'postgres':
                    os.killpg(pid, signal.SIGKILL)
                elif self.alive(pid):
                    os.kill(pid, signal.SIGQUIT)
        (self.run / (name + '.pid')).unlink(missing_ok=True)

    @staticmethod
    def alive(pid):
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)
        return birth(pid) is not None

    def pid(self, name):
        """The process of that name that this house started, if it lives; None for one that only has its number."""
        try:
            if name == 'postgres':
                pid = int((self.prefix / 'pg' / 'postmaster.pid').read_text().split('\n')[0])
                return pid if self.alive(pid) and os.readlink('/proc/%d/cwd' % pid) == str(self.prefix / 'pg') else None
            pid, born = (self.run / (name + '.pid')).read_text().split()
        except (OSError, ValueError):
            return None
        return int(pid) if self.alive(int(pid)) and birth(int(pid)) == born else None

    def as_account(self, argv, inner=True):
        """The command as the account without rights; as it is when we are not root. Where the source or the prefix lies in a folder closed to that
        account (root's home, mktemp -d) it gets the one right it lacks: to pass through."""
        argv = [*(self.inner if inner else ()), *argv]
        if os.geteuid() != 0:
            return argv
        drop = ['setpriv', '--reuid=' + self.account, '--regid=' + self.account, '--clear-groups']
        if self.rights is None:
            places = [str(p) for p in (self.share, self.build, self.prefix) if p.exists()]
            for cap in ('', 'dac_read_search', 'dac_override'):
                self.rights = ['--inh-caps=+' + cap, '--ambient-caps=+' + cap] if cap else []
                if subprocess.run([*drop, *self.rights, 'ls', '-d', *(p + '/.' for p in places)], capture_output=True, cwd='/').returncode == 0:
                    break
            else:
                raise HouseError('the account %s cannot reach %s; use folders it may pass through, for example under /srv' % (self.account, ', '.join(places)))
        return [*drop, *self.rights, *map(str, argv)]

    def give(self, path):
        if os.geteuid() == 0:
            shutil.chown(path, self.account, self.account)

    def spawn(self, name, argv, account=None, inner=True, **more):
        """Starts a program in a process group of its own; its output goes to log/NAME.log, its pid to run/NAME.pid."""
        with open(self.prefix / 'log' / (name + '.log'), 'ab') as log:
            child = subprocess.Popen(self.as_account(argv, inner) if account else argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.env,
                                     start_new_session=True, **more)
        (self.run / (name + '.pid')).write_text('%d %s\n' % (child.pid, birth(child.pid)))
        return child

    @staticmethod
    def wait(condition, what, within_s=PATIENCE_S, alive=lambda: True):
        """Until the condition holds; gives up at once when what should make it so is no longer alive, and never before PATIENCE_S."""
        within_s = max(within_s, PATIENCE_S)
        end = time.monotonic() + within_s
        while True:
            with contextlib.suppress(OSError, http.client.HTTPException):
                if condition():
                    return
            if not alive():
                raise HouseError('%s: it ended at once' % what)
            if time.monotonic() > end:
                raise HouseError('waited %d s for %s' % (within_s, what))
            time.sleep(0.03)

    def show_logs(self):
        """What it was busy with, what programs complained of and their last words: at most some forty lines, all that is left of a test that failed elsewhere."""
        def tell(name, lines):
            print('# --- %s' % name, *('# ' + line[:400] for line in lines), sep='\n', file=sys.stderr)

        with contextlib.suppress(HouseError, OSError):
            tell('jobs', ['\t'.join(row) for row in self.sql(JOBS)])
        for path in sorted((self.prefix / 'log').glob('*.log')):
            lines = path.read_text(errors='replace').splitlines()
            bad = [n for n, line in enumerate(lines) if '"level":30' not in line and (' LOG: ' not in line or 'duration' in line)]
            tell(path.name, [lines[n] for n in sorted({*bad[-5:], *range(max(len(lines) - 3, 0), len(lines))})])

    # --- parts ---

    def start_postgres(self):
        data = self.prefix / 'pg'
        if not (data / 'PG_VERSION').exists():
            if self.cluster:
                subprocess.run(['cp', '-a', '--reflink=auto', self.cluster, data], check=True)
            else:
                data.mkdir(exist_ok=True)
                self.give(data)
                subprocess.run(self.as_account([self.pg / 'initdb', '-D', data, '-U', 'fl_super', '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync']),
                               check=True, stdout=subprocess.DEVNULL, env=self.env, cwd='/')
                with open(data / 'postgresql.conf', 'a') as f:
                    f.write("include 'house.conf'\n")
            with open(data / 'house.conf', 'w') as f:
                f.write("listen_addresses = ''\nunix_socket_directories = '%s'\nunix_socket_permissions = 0770\nmax_connections = 80\n"
                        "shared_buffers = 64MB\nmax_wal_size = 1GB\nlog_min_duration_statement = 1000\n" % self.run)
                f.write(self.pg_conf if self.fsync else self.pg_conf + 'fsync = off\n')
        if not self.pid('postgres'):
            child = self.spawn('postgres-log', [self.pg / 'postgres', '-D', data], account=self.account, cwd='/')
            self.wait(lambda: subprocess.run([self.pg / 'pg_isready', '-q', '-h', self.run, '-U', 'fl_super', '-d', 'postgres'], env=self.env).returncode == 0,
                      'PostgreSQL', 20, lambda: self.alive(child.pid))
            (self.run / 'postgres-log.pid').unlink()  # its own file tells its number now
        subprocess.run(['psql', '-q', '-h', self.run, '-U', 'fl_super', '-v', 'ON_ERROR_STOP=1', '-f', self.share / 'sql/bootstrap.sql', 'postgres'],
                       check=True, env={**self.env, 'PGOPTIONS': '-c client_min_messages=warning'})

    def start_redis(self):
        if self.pid('redis'):
            return
        # As on a real machine the programs may do what they need; `keeper` is for tests that empty it.
        acl = self.prefix / 'conf' / 'redis.acl'
        acl.write_text((self.share / 'share/redis.acl').read_text() + 'user keeper on >keeper ~* &* +@all\n')
        self.spawn('redis', ['redis-server', '--aclfile', str(acl), '--port', '0', '--unixsocket', str(self.run / 'redis.sock'), '--unixsocketperm', '770', '--save', '',
                             '--dir', str(self.prefix / 'data'), '--maxmemory', '256mb', '--maxmemory-policy', 'volatile-lru'], account=self.account, inner=False)
        self.wait((self.run / 'redis.sock').exists, 'Redis', alive=lambda: self.pid('redis'))

    def write_conf(self):
        path = self.prefix / 'conf' / 'fairlead.conf'
        old = read_conf(path)
        db = 'host=%s dbname=fairlead user=' % self.run
        self.conf = {
            'FAIRLEAD_URL': self.url(), 'FAIRLEAD_ENV': 'local', 'RATE_LIMIT_ORG': str(self.rate),
            'FAIRLEAD_SECRET': old.get('FAIRLEAD_SECRET') or secrets.token_urlsafe(48),
            'DATABASE_URL': db + 'fl_app', 'DATABASE_SWEEP_URL': db + 'fl_sweep', 'DATABASE_OWNER_URL': db + 'fl_owner',
            'REDIS_URL': 'unix:%s' % (self.run / 'redis.sock'), 'SHARE_DIR': str(self.share), 'RUN_DIR': str(self.run),
            'DATA_DIR': str(self.prefix / 'data'), 'CLAMD_SOCKET': 'off', 'LIVE_PUBLISH_URL': 'http://127.0.0.1:%d/_publish' % self.ports['live'],
            'OUTSIDE_ALLOW': self.places('live', 'smtp'), 'TENANT_ALLOW': self.places('imap'), 'ENABLE_METRICS': 'true', 'ADMIN_SECOND_FACTOR_S': 0,
            **({'SMTP_HOST': '127.0.0.1', 'SMTP_PORT': self.ports['smtp'], 'SMTP_SECURE': 'none', 'SMTP_FROM_EMAIL': 'desk@fairlead.example'} if self.mail else {}),
            **self.extra}
        made = dict(self.conf)
        for place, lines in ((path, self.kept_lines(path) if self.keeps else assignments(self.conf)), (path.with_suffix('.made'), assignments(made))):
            with open(place, 'w') as f:
                os.fchmod(f.fileno(), 0o640)
                f.writelines(line + '\n' for line in lines)
            if os.geteuid() == 0:
                shutil.chown(place, 'root', self.account)

    def kept_lines(self, path):
        """What stands in the configuration, with our own values brought up to date but for those that somebody changed; self.conf is then what counts."""
        made, lines, here = path.with_suffix('.made'), [], set()
        before = read_conf(made)
        for line in path.read_text().splitlines() if path.exists() else []:
            key, is_one, value = line.partition('=')
            if not is_one or line.startswith('#'):
                lines.append(line)
                continue
            if key not in self.conf or value != before.get(key, value):
                self.conf[key] = value  # by hand
            lines.append('%s=%s' % (key, self.conf[key]))
            here.add(key)
        return lines + assignments({k: v for k, v in self.conf.items() if k not in here})

    def start_program(self, name):
        if self.pid(name):
            return
        command = [self.program(name), '--config', str(self.prefix / 'conf/fairlead.conf')]
        self.spawn(name, command, account=self.account)
        if name == 'web':
            self.wait(lambda: (self.run / 'web.sock').exists() and (self.run / 'slow.sock').exists(), 'fairlead-web', alive=lambda: self.pid('web'))
            # sockets may be those of the one before
            self.wait(lambda: not self.pid('nginx') or self.get('/health').status == 200, 'fairlead-web to answer', alive=lambda: self.pid('web'))

    def start_cron(self):
        """What the one line of cron/fairlead does on a real machine."""
        if not self.pid('cron'):
            loop = 'while :; do "$0" --config "$1" due; sleep 60 & wait $!; done'
            self.spawn('cron', ['sh', '-c', loop, self.program('batch'), str(self.prefix / 'conf/fairlead.conf')], account=self.account)

    def start_nginx(self):
        if self.pid('nginx'):
            return
        with socket.socket() as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                s.bind(('127.0.0.1', self.port))
            except OSError as e:
                raise HouseError('port %d cannot be had (%s); give another with --port' % (self.port, e.strerror)) from None
        # Debian makes it when nginx first starts; loading the nchan module alone asks for it (only root can make it).
        if os.geteuid() == 0:
            os.makedirs('/var/lib/nginx/body', exist_ok=True)
        modules = re.search(r'--modules-path=(\S+)', subprocess.run(['nginx', '-V'], capture_output=True, text=True, env=self.env).stderr).group(1)
        # In a closed folder its workers stay root: they drop every right when they change their account.
        user = 'root' if self.rights else self.account
        user = 'user %s %s;' % (user, grp.getgrgid(pwd.getpwnam(user).pw_gid).gr_name) if os.geteuid() == 0 else ''
        text = (self.share / 'nginx/private.conf.in').read_text()
        for key, value in {'PREFIX': self.prefix, 'PORT': self.port, 'LIVE': self.ports['live'], 'MODULES': modules, 'USER': user, 'RATE': self.rate}.items():
            text = text.replace('@%s@' % key, str(value))
        shutil.copytree(self.share / 'nginx', self.prefix / 'nginx/fairlead', dirs_exist_ok=True)
        (self.prefix / 'nginx/fairlead/files.conf').write_text('alias %s/files/;\n' % (self.prefix / 'data'))
        (self.prefix / 'nginx/fairlead/static.conf').write_text('root %s;\ntry_files /static/$1 =404;\n' % self.static_root())
        if self.extra.get('S3_CDN_URL'):
            path = self.prefix / 'nginx/fairlead/cdn.conf'
            path.write_text(path.read_text().replace('default ""', 'default " %s"' % self.extra['S3_CDN_URL']))
        (self.prefix / 'nginx/nginx.conf').write_text(text)
        self.spawn('nginx', ['nginx', '-p', str(self.prefix / 'nginx'), '-c', 'nginx.conf', '-e', str(self.prefix / 'log/nginx.log')])
        self.wait(lambda: socket.create_connection(('127.0.0.1', self.port), 1).close() is None, 'nginx', alive=lambda: self.pid('nginx'))

    def static_root(self):
        """Static files of the source, with what the build makes of them beside."""
        root = self.prefix / 'data' / 'web'
        shutil.rmtree(root, ignore_errors=True)
        (root / 'static').mkdir(parents=True)
        for folder in (self.share / 'static', self.build / 'static'):
            for path in folder.glob('*.*') if folder.exists() else ():
                shutil.copy(path, root / 'static')
        return root

    def kill(self, name, sig=signal.SIGKILL):
        os.kill(self.pid(name), sig)

    def restart(self, name):
        self.stop_one(name)
        {'postgres': self.start_postgres, 'redis': self.start_redis, 'nginx': self.start_nginx}.get(name, lambda: self.start_program(name))()

    # --- use ---

    def fairlead(self, *args, stdin=''):
        done = subprocess.run([self.program('fairlead'), '--config', str(self.prefix / 'conf/fairlead.conf'), *args], input=stdin, text=True,
                              capture_output=True, env=self.env)
        if done.returncode:
            raise HouseError('fairlead %s: %s' % (' '.join(args), done.stderr.strip()))
        return done.stdout.strip()

    def batch(self, *args):
        return subprocess.run([self.program('batch'), '--config', str(self.prefix / 'conf/fairlead.conf'), *(args or ('due',))], check=True, text=True,
                              capture_output=True, env=self.env).stdout

    def sql(self, statement, user='fl_super'):
        """Rows as lists of text, as the superuser unless said otherwise."""
        done = subprocess.run(['psql', '-qAtX', '-F', '\t', '-v', 'ON_ERROR_STOP=1', '-h', self.run, '-U', user, '-c', statement, 'fairlead'], text=True,
                              capture_output=True, env=self.env)
        if done.returncode:
            raise HouseError(done.stderr.strip())
        return [line.split('\t') for line in done.stdout.splitlines()]

    def one(self, statement):
        rows = self.sql(statement)
        return rows[0][0] if rows else None

    def org(self, slug, name=None, *more):
        return self.fairlead('org', 'add', slug, name or slug.title(), *more)

    def key(self, org, role='operator'):
        return self.fairlead('key', 'add', org, 'test', '--role', role)

    def person(self, email, org=None, role='owner', admin=False):
        """Makes the person and signs in; answers the session cookie."""
        args = ['user', 'add', email, email.split('@')[0].title()] + (['--org', org, '--role', role] if org else []) + (['--admin'] if admin else [])
        self.fairlead(*args, stdin=PASSWORD + '\n')
        return self.sign_in(email)

    def drained(self, within_s=20):
        """Waits until no job is left to do."""
        with Poll(self) as poll:
            self.wait(lambda: poll.one("select count(*) from jobs where state in ('queued', 'active', 'retry')") == '0', 'the queue to be empty', within_s)

    def hurry(self, kind):
        """What waits for its next attempt is due now; the length of waits is judged elsewhere."""
        self.sql("update jobs set run_at = now() where kind = '%s' and state in ('retry', 'delayed') and run_at > now()" % kind)


class Poll:
    """Asks the database for one value again and again by one session: a psql for each question costs ten milliseconds of processor. While PostgreSQL is away, and
    for a statement that fails, the answer is None."""

    def __init__(self, h):
        self.h, self.psql = h, None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def one(self, statement):
        if not self.psql:
            self.psql = subprocess.Popen(['psql', '-qAtX', '-v', 'ON_ERROR_STOP=1', '-h', self.h.run, '-U', 'fl_super', 'fairlead'], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                         stderr=subprocess.DEVNULL, text=True, env=self.h.env)
        with contextlib.suppress(BrokenPipeError):
            self.psql.stdin.write(statement + ';\n')
            self.psql.stdin.flush()
        line = self.psql.stdout.readline()
        if not line:
            self.end()
        return line.rstrip('\n') if line else None

    def end(self):
        if self.psql:
            self.psql.kill()
            self.psql.communicate()
            self.psql = None


class Lock:
    """What a session of its own holds until it is released."""

    def __init__(self, h, statement):
        self.psql = subprocess.Popen(['psql', '-qAtX', '-h', h.run, '-U', 'fl_super', 'fairlead'], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=h.env)
        self.psql.stdin.write("begin; %s; select 'held';\n" % statement)
        self.psql.stdin.flush()
        while self.psql.stdout.readline().strip() != 'held':
            pass

    def release(self):
        self.psql.stdin.write('rollback;\n')
        self.psql.stdin.close()
        self.psql.wait()


def main():
    p = argparse.ArgumentParser()
    p.add_argument('what', choices=('start', 'stop', 'status'))
    p.add_argument('--prefix', required=True)
    p.add_argument('--build', required=True)
    p.add_argument('--port', type=int)
    p.add_argument('--mail', action='store_true', help='a mailbox and a mail server that keeps what it is given, for the demo')
    a = p.parse_args()
    h = House(a.prefix, a.build, a.port, mail=a.mail)
    h.keeps = True
    try:
        if a.what == 'start':
            # Programs that run are started again, so that they are those of this build; PostgreSQL and Redis stay.
            for name in ('nginx', 'cron', 'worker', 'web'):
                h.stop_one(name)
            h.start()
            h.start_cron()
            print(h.port)
        elif a.what == 'stop':
            h.stop()
        else:
            for name in ('postgres', *sorted(path.stem for path in h.run.glob('*.pid'))):
                print('%-10s %s' % (name, h.pid(name) or 'not running'))
    except (HouseError, OSError, subprocess.SubprocessError) as e:
        h.show_logs()
        print('house: %s' % e, file=sys.stderr)
        h.stop()
        return 1
    except KeyboardInterrupt:
        h.stop()
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
