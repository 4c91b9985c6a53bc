#!/usr/bin/python3
"""A whole Fairlead in one folder: PostgreSQL, Redis, nginx and the programs, on unix sockets and 127.0.0.1.

As a command: house.py start|stop|status --prefix DIR --build DIR [--port N]. As a module, for tests:

    with House.temporary(build) as h:
        h.org('demo'); ana = h.person('ana@a.example', org='demo', role='owner')
        h.get('/intake', ana).status
"""
import argparse, contextlib, grp, http.client, json, os, pathlib, pwd, re, secrets, shutil, signal, socket, subprocess, sys, tempfile, time, urllib.parse

SOURCE = pathlib.Path(__file__).resolve().parents[2]
PASSWORD = 'correct horse battery staple'


class HouseError(Exception):
    pass


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


def as_user(name):
    """What makes a child run as that account; nothing when we are not root."""
    if os.geteuid() != 0:
        return {}
    p = pwd.getpwnam(name)
    return {'user': p.pw_uid, 'group': p.pw_gid, 'extra_groups': []}


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


class House:
    def __init__(self, prefix, build, port=None, fsync=True, conf=None, share=None, rate=100000, pg_conf=''):
        self.prefix, self.build = pathlib.Path(prefix).resolve(), pathlib.Path(build).resolve()
        self.share = pathlib.Path(share).resolve() if share else SOURCE
        self.port, self.fsync, self.extra, self.rate, self.pg_conf = port, fsync, conf or {}, rate, pg_conf
        self.pg = pathlib.Path(subprocess.check_output(['pg_config', '--bindir'], text=True).strip())
        self.run = self.prefix / 'run'
        self.env = {'PATH': os.environ['PATH'], 'LANG': 'C.UTF-8', 'OMP_THREAD_LIMIT': '1'}
        self.account = 'postgres' if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
        for name in ('ASAN_OPTIONS', 'UBSAN_OPTIONS', 'LSAN_OPTIONS'):
            if name in os.environ:
                self.env[name] = os.environ[name]

    # --- life ---

    @classmethod
    @contextlib.contextmanager
    def temporary(cls, build=None, **more):
        """A house in a folder of its own that is gone afterwards. `more` goes to House; programs=(...) says what to start."""
        programs = more.pop('programs', ('web', 'worker'))
        build = build or os.environ.get('top_builddir', '.')
        folder = tempfile.mkdtemp(prefix='fl')
        os.chmod(folder, 0o755)
        house = cls(folder, build, fsync=more.pop('fsync', False), **more)
        try:
            house.start(programs)
            yield house
        except BaseException:
            house.show_logs()
            raise
        finally:
            house.stop()
            if os.environ.get('KEEP') != '1':
                shutil.rmtree(folder, ignore_errors=True)

    def program(self, name):
        folder = {'fairlead': 'ctl', 'web': 'http', 'worker': 'worker', 'batch': 'batch', 'reader': 'reader'}[name]
        return str(self.build / 'src' / folder / (name if name == 'fairlead' else 'fairlead-' + name))

    def start(self, programs=('web', 'worker')):
        for folder in ('run', 'data', 'log', 'nginx', 'conf'):
            (self.prefix / folder).mkdir(parents=True, exist_ok=True)
        if os.geteuid() == 0:
            for path in (self.prefix, *[self.prefix / f for f in ('run', 'data', 'log', 'conf')]):
                shutil.chown(path, self.account, self.account)
        self.port = self.port or free_port()
        self.start_postgres()
        self.start_redis()
        self.write_conf()
        self.fairlead('migrate')
        for name in programs:
            self.start_program(name)
        self.start_nginx()
        if 'web' in programs:
            self.wait(lambda: self.get('/health/ready').status == 200, 'the web processes to answer', 15)
        return self

    def stop(self):
        for name in ('nginx', 'worker', 'web', 'redis', 'postgres', *[p.stem for p in self.run.glob('*.pid')]):
            self.stop_one(name)

    def stop_one(self, name, sig=signal.SIGTERM, within_s=25):
        if name == 'postgres' and sig == signal.SIGTERM:
            sig = signal.SIGINT
        pid = self.pid(name)
        if not pid:
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, sig)
        end = time.monotonic() + within_s
        while self.alive(pid) and time.monotonic() < end:
            time.sleep(0.02)
        if self.alive(pid):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL) if name != 'postgres' else os.kill(pid, signal.SIGQUIT)
        (self.run / (name + '.pid')).unlink(missing_ok=True)

    @staticmethod
    def alive(pid):
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        with contextlib.suppress(OSError):
            return open('/proc/%d/stat' % pid).read().rsplit(')', 1)[1].split()[0] != 'Z'
        return False

    def pid(self, name):
        if name == 'postgres':
            path = self.prefix / 'pg' / 'postmaster.pid'
        else:
            path = self.run / (name + '.pid')
        try:
            pid = int(path.read_text().split('\n')[0])
        except (OSError, ValueError):
            return None
        return pid if self.alive(pid) else None

    def spawn(self, name, argv, account=None, **more):
        log = open(self.prefix / 'log' / (name + '.log'), 'ab')
        child = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.env, start_new_session=True,
                                 **(as_user(account) if account else {}), **more)
        (self.run / (name + '.pid')).write_text(str(child.pid) + '\n')
        log.close()
        return child

    @staticmethod
    def wait(condition, what, within_s=10):
        end = time.monotonic() + within_s
        while True:
            with contextlib.suppress(OSError, http.client.HTTPException):
                if condition():
                    return
            if time.monotonic() > end:
                raise HouseError('waited %d s for %s' % (within_s, what))
            time.sleep(0.03)

    def show_logs(self):
        for path in sorted((self.prefix / 'log').glob('*.log')):
            print('# --- %s' % path.name, *('# ' + line for line in path.read_text(errors='replace').splitlines()[-15:]), sep='\n', file=sys.stderr)

    # --- parts ---

    def start_postgres(self):
        data = self.prefix / 'pg'
        if not (data / 'PG_VERSION').exists():
            data.mkdir(exist_ok=True)
            if os.geteuid() == 0:
                shutil.chown(data, self.account, self.account)
            subprocess.run([self.pg / 'initdb', '-D', data, '-U', 'fl_super', '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync'],
                           check=True, stdout=subprocess.DEVNULL, env=self.env, cwd='/', **as_user(self.account))
            with open(data / 'postgresql.conf', 'a') as f:
                f.write("listen_addresses = ''\nunix_socket_directories = '%s'\nunix_socket_permissions = 0770\nmax_connections = 80\n"
                        "shared_buffers = 64MB\nmax_wal_size = 1GB\nlog_min_duration_statement = 1000\n" % self.run)
                f.write(self.pg_conf if self.fsync else self.pg_conf + 'fsync = off\n')
        if not self.pid('postgres'):
            self.spawn('postgres-log', [self.pg / 'postgres', '-D', data], account=self.account, cwd='/')
            (self.run / 'postgres-log.pid').unlink()
        self.wait(lambda: subprocess.run([self.pg / 'pg_isready', '-q', '-h', self.run], env=self.env).returncode == 0, 'PostgreSQL', 20)
        subprocess.run(['psql', '-q', '-h', self.run, '-U', 'fl_super', '-v', 'ON_ERROR_STOP=1', '-f', self.share / 'sql/bootstrap.sql', 'postgres'],
                       check=True, env={**self.env, 'PGOPTIONS': '-c client_min_messages=warning'})

    def start_redis(self):
        if self.pid('redis'):
            return
        self.spawn('redis', ['redis-server', '--port', '0', '--unixsocket', str(self.run / 'redis.sock'), '--unixsocketperm', '770', '--save', '',
                             '--dir', str(self.prefix / 'data'), '--maxmemory', '256mb', '--maxmemory-policy', 'volatile-lru'], account=self.account)
        self.wait(lambda: (self.run / 'redis.sock').exists(), 'Redis')

    def write_conf(self):
        path = self.prefix / 'conf' / 'fairlead.conf'
        old = dict(line.split('=', 1) for line in path.read_text().splitlines() if '=' in line) if path.exists() else {}
        db = 'host=%s dbname=fairlead user=' % self.run
        self.conf = {
            'FAIRLEAD_URL': 'http://127.0.0.1:%d' % self.port, 'FAIRLEAD_ENV': 'local',
            'FAIRLEAD_SECRET': old.get('FAIRLEAD_SECRET') or secrets.token_urlsafe(48),
            'DATABASE_URL': db + 'fl_app', 'DATABASE_SWEEP_URL': db + 'fl_sweep', 'DATABASE_OWNER_URL': db + 'fl_owner',
            'REDIS_URL': 'unix:%s' % (self.run / 'redis.sock'), 'SHARE_DIR': str(self.share), 'RUN_DIR': str(self.run),
            'DATA_DIR': str(self.prefix / 'data'), 'LIVE_PUBLISH_URL': 'http://127.0.0.1:%d/_publish' % self.port,
            'OUTSIDE_ALLOW': '127.0.0.1:%d' % self.port, 'ENABLE_METRICS': 'true', **self.extra}
        with open(path, 'w') as f:
            os.fchmod(f.fileno(), 0o640)
            f.writelines('%s=%s\n' % item for item in self.conf.items())
        if os.geteuid() == 0:
            shutil.chown(path, 'root', self.account)

    def start_program(self, name):
        if self.pid(name):
            return
        self.spawn(name, [self.program(name), '--config', str(self.prefix / 'conf/fairlead.conf')], account=self.account)
        if name == 'web':
            self.wait(lambda: (self.run / 'web.sock').exists() and (self.run / 'slow.sock').exists(), 'fairlead-web')

    def start_nginx(self):
        if self.pid('nginx'):
            return
        text = (self.share / 'nginx/private.conf.in').read_text()
        # Debian makes it when nginx first starts; loading the nchan module alone asks for it (only root can make it).
        if os.geteuid() == 0:
            os.makedirs('/var/lib/nginx/body', exist_ok=True)
        modules = re.search(r'--modules-path=(\S+)', subprocess.run(['nginx', '-V'], capture_output=True, text=True).stderr).group(1)
        user = 'user %s %s;' % (self.account, grp.getgrgid(pwd.getpwnam(self.account).pw_gid).gr_name) if os.geteuid() == 0 else ''
        for key, value in {'PREFIX': self.prefix, 'PORT': self.port, 'MODULES': modules, 'USER': user, 'RATE': self.rate}.items():
            text = text.replace('@%s@' % key, str(value))
        for name in ('common', 'http', 'headers', 'headers-embed', 'fastcgi', 'admin-allow', 'metrics-allow'):
            shutil.copy(self.share / 'nginx' / (name + '.conf'), self.prefix / 'nginx')
        (self.prefix / 'nginx/hsts.conf').write_text('')
        (self.prefix / 'nginx/static.conf').write_text('root %s;\ntry_files /static/$1 =404;\n' % self.static_root())
        (self.prefix / 'nginx/nginx.conf').write_text(text)
        self.spawn('nginx', ['nginx', '-p', str(self.prefix / 'nginx'), '-c', 'nginx.conf', '-e', str(self.prefix / 'log/nginx.log')])
        self.wait(lambda: socket.create_connection(('127.0.0.1', self.port), 1).close() is None, 'nginx')

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

    def sign_in(self, email, password=PASSWORD):
        page = self.get('/signin')
        answer = self.post('/signin', {'email': email, 'password': password, '_token': page.token})
        if answer.status != 303:
            raise HouseError('sign-in of %s answered %d' % (email, answer.status))
        return answer.headers['Set-Cookie'].split(';')[0]

    def request(self, method, path, who=None, body=None, headers=None, timeout=20):
        """who: a session cookie ("fairlead=..."), an API key ("fl_..."), or nobody."""
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
        c = http.client.HTTPConnection('127.0.0.1', self.port, timeout=timeout)
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

    def form(self, page, path, body, who):
        """Fetches a page for its token, then posts."""
        return self.post(path, {**body, '_token': self.get(page, who).token}, who)

    def drained(self, within_s=20):
        """Waits until no job is left to do."""
        self.wait(lambda: self.one("select count(*) from jobs where state in ('queued', 'active', 'retry')") == '0', 'the queue to be empty', within_s)


def main():
    p = argparse.ArgumentParser()
    p.add_argument('what', choices=('start', 'stop', 'status'))
    p.add_argument('--prefix', required=True)
    p.add_argument('--build', required=True)
    p.add_argument('--port', type=int)
    a = p.parse_args()
    h = House(a.prefix, a.build, a.port)
    try:
        if a.what == 'start':
            h.start()
            print(h.port)
        elif a.what == 'stop':
            h.stop()
        else:
            for name in ('postgres', 'redis', 'nginx', 'web', 'worker'):
                print('%-10s %s' % (name, h.pid(name) or 'not running'))
    except (HouseError, subprocess.CalledProcessError) as e:
        print('house: %s' % e, file=sys.stderr)
        h.show_logs()
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
