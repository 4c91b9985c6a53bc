"""Partners for mail tests: the SMTP sink of tests/stub and a private dovecot, both on 127.0.0.1."""
import email, email.policy, getpass, grp, os, pathlib, pwd, shutil, socket, subprocess, sys, tempfile, time

from house import House, free_port

STUB = pathlib.Path(__file__).resolve().parents[1] / 'stub'
CONF = '''base_dir = %(dir)s/run
state_dir = %(dir)s/state
log_path = %(dir)s/log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
first_valid_uid = 1
mail_location = maildir:%(dir)s/box
mail_uid = %(uid)d
mail_gid = %(gid)d
default_internal_user = %(user)s
default_internal_group = %(group)s
default_login_user = %(user)s
service imap-login {
  chroot =
  inet_listener imap {
    port = %(port)d
  }
  inet_listener imaps {
    port = 0
  }
}
service anvil {
  chroot =
}
service stats {
  chroot =
}
passdb {
  driver = static
  args = password=secret
}
userdb {
  driver = static
  args = uid=%(uid)d gid=%(gid)d home=%(dir)s/home allow_all_users=yes
}
'''


class Sink:
    """What goes out: each mail a file. script({'RCPT': '550 no'}) makes it refuse."""

    def __init__(self):
        self.dir, self.port = pathlib.Path(tempfile.mkdtemp(prefix='flsmtp')), free_port()
        self.process = subprocess.Popen([STUB / 'smtp.py', '--port-file', self.dir / 'port', '--dir', self.dir, '--port', str(self.port)])
        House.wait((self.dir / 'port').exists, 'the SMTP sink')

    def mails(self):
        return [email.message_from_bytes(p.read_bytes(), policy=email.policy.default) for p in sorted(self.dir.glob('*.eml'))]

    def raw(self):
        return [p.read_bytes() for p in sorted(self.dir.glob('*.eml'))]

    def clear(self):
        for p in self.dir.glob('*.eml'):
            p.unlink()

    def script(self, lines):
        (self.dir / 'script').write_text(''.join('%s %s\n' % item for item in lines.items()))

    def close(self):
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.dir, ignore_errors=True)


class Dovecot:
    """One mailbox; every user's password is "secret"."""

    def __init__(self):
        self.dir, self.port, self.n = pathlib.Path(tempfile.mkdtemp(prefix='flimap')), free_port(), 0
        root = os.geteuid() == 0
        self.owner = pwd.getpwnam('mail' if root else getpass.getuser())
        user = 'dovecot' if root else self.owner.pw_name
        (self.dir / 'conf').write_text(CONF % {'dir': self.dir, 'uid': self.owner.pw_uid, 'gid': self.owner.pw_gid, 'user': user,
                                               'group': 'dovecot' if root else 'users', 'port': self.port})
        self.dir.chmod(0o755)
        for name in ('box', 'box/cur', 'box/new', 'box/tmp'):
            self.own(self.dir / name, (self.dir / name).mkdir(0o700))
        self.process = subprocess.Popen(['/usr/sbin/dovecot', '-F', '-c', self.dir / 'conf'], stderr=subprocess.DEVNULL)
        House.wait(self.answers, 'dovecot')

    def answers(self):
        socket.create_connection(('127.0.0.1', self.port), 1).close()
        return True

    def own(self, path, _=None):
        if os.geteuid() == 0:
            os.chown(path, self.owner.pw_uid, self.owner.pw_gid)

    @property
    def url(self):
        return 'imap://127.0.0.1:%d/INBOX' % self.port

    def deliver(self, raw):
        self.n += 1
        path = self.dir / 'box/tmp' / ('%d.%d.test' % (time.time_ns(), self.n))
        path.write_bytes(raw if isinstance(raw, bytes) else raw.replace('\n', '\r\n').encode())
        self.own(path)
        path.rename(self.dir / 'box/new' / path.name)

    def unseen(self):
        """Mails without the S flag of a maildir name."""
        return sum('S' not in p.name.rpartition(':2,')[2] for d in ('cur', 'new') for p in (self.dir / 'box' / d).iterdir())

    def close(self):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.dir, ignore_errors=True)


def start(house):
    """The same two for a house that stays (quickstart): files under its prefix, on its ports, stopped with it."""
    smtp, imap, me = house.prefix / 'smtp', house.prefix / 'imap', pwd.getpwnam(house.account)
    for folder in (smtp, imap, *(imap / name for name in ('box', 'box/cur', 'box/new', 'box/tmp'))):
        folder.mkdir(exist_ok=True)
        house.give(folder)
    if not house.pid('smtp'):
        house.spawn('smtp', [STUB / 'smtp.py', '--port-file', smtp / 'port', '--dir', smtp, '--port', str(house.ports['smtp'])], account=me.pw_name)
    if not house.pid('imap'):
        (imap / 'conf').write_text(CONF % {'dir': imap, 'uid': me.pw_uid, 'gid': me.pw_gid, 'user': me.pw_name, 'group': grp.getgrgid(me.pw_gid).gr_name,
                                           'port': house.ports['imap']})
        house.spawn('imap', ['dovecot', '-F', '-c', imap / 'conf'], account=me.pw_name)
    for name in ('smtp', 'imap'):
        house.wait(lambda: socket.create_connection(('127.0.0.1', house.ports[name]), 1).close() is None, name, 10, lambda: house.pid(name))
