"""One process, killed or failed at a chosen system call by strace. A point is (name, n): the n-th call of that name since strace came, for its counter runs by name."""
import contextlib, functools, os, re, signal, subprocess, time

CALL = re.compile(r'^(\w+)\(|^<\.\.\. (\w+) resumed')

PLACES = {'web': 2, 'worker': 3}  # with one process of each class; the worker's third tells browsers
QUIET = {'web': 5, 'worker': 14}   # looks, 6 ms apart


def children(pid):
    try:
        return {int(p) for p in open('/proc/%d/task/%d/children' % (pid, pid)).read().split()}
    except OSError:
        return set()


class Process:
    """The one child of a program that serves one role: `place` is its turn in the order of their first start. Whoever is new after a death takes the role.
    `known` holds the latest processes of the program, by place, and is shared by its roles."""

    def __init__(self, h, program, place, known):
        self.h, self.program, self.place, self.known, self.used = h, program, place, known, True
        if not known:
            h.wait(lambda: len(children(h.pid(program))) >= PLACES[program], 'the processes of ' + program)
            known.update(enumerate(sorted(children(h.pid(program)))))

    @property
    def pid(self):
        return self.known[self.place]

    def born(self):
        return children(self.h.pid(self.program)) - set(self.known.values())

    def alive(self):
        return self.pid in children(self.h.pid(self.program))

    def waits_in(self):
        """The call it waits in with its arguments; None while it runs."""
        try:
            line = open('/proc/%d/syscall' % self.pid).read()
        except OSError:
            return None
        return None if line.startswith('running') else line

    def idle(self):
        """Waits in one call for longer than it ever waits for PostgreSQL."""
        saw = {self.waits_in() for _ in range(QUIET[self.program]) if not time.sleep(0.006)}
        return len(saw) == 1 and None not in saw

    def adopt(self):
        """After a death: the new process has the role."""
        self.h.wait(lambda: not self.alive() and self.born(), 'a new process of ' + self.program)
        self.known[self.place], self.used = min(self.born()), False

    def renew(self):
        """Makes it one that has served nothing yet, so that each run of a sweep begins alike."""
        if self.used:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
            self.adopt()
        self.h.wait(self.idle, 'the new process to wait for work')
        self.used = True


class Strace:
    """Holds a process from `with` to its end."""

    def __init__(self, pid, *options):
        self.argv = ['strace', '-o', '/dev/null', *options, '-p', str(pid)]

    def __enter__(self):
        self.tracer = subprocess.Popen(self.argv, stderr=subprocess.PIPE, text=True)
        said = self.tracer.stderr.readline()
        if 'attached' not in said:
            self.tracer.kill()
            raise OSError('strace: ' + said.strip())
        return self

    def __exit__(self, *_):
        if self.tracer.poll() is None:
            self.tracer.terminate()
        self.tracer.wait(10)
        self.tracer.stderr.close()

    def ended(self, within_s):
        """Whether the traced process is gone."""
        try:
            self.tracer.wait(within_s)
            return True
        except subprocess.TimeoutExpired:
            return False


def may_trace():
    """None, or why strace cannot hold the processes: they are not dumpable, so only root may."""
    if os.geteuid() != 0:
        return 'only root can trace processes that hold secrets'
    probe = subprocess.Popen(['sleep', '9'])
    try:
        with Strace(probe.pid):
            return None
    except OSError as e:
        return str(e)
    finally:
        probe.kill()
        probe.wait()


LIVES = 3  # that are looked at: on a busy machine an answer may come in many parts


def life(process, act, path):
    """The calls of one life, in order, as points."""
    seen, points = {}, []
    with Strace(process.pid, '-o', path):
        act()
        process.h.wait(process.idle, 'the process to be idle again')
    for line in open(path, errors='replace'):
        found = CALL.match(line)
        if found and found.group(1):
            name = found.group(1)
            seen[name] = seen.get(name, 0) + 1
            points.append((name, seen[name]))
    return points


def profile(process, begin, act, folder):
    """The points of the shortest of a few lives. act is told which of them it is."""
    lives = []
    for n in range(LIVES):
        begin(process)
        lives.append(life(process, functools.partial(act, n), str(folder / 'strace.out')))
    return min(lives, key=len)


def strike(process, faults, begin, act, linger_s=0.5):
    """Runs act under faults, (name, n, effect) each: 'signal=KILL', 'error=EIO', 'retval=0'; n as strace's when. Answers whether the process died of it."""
    begin(process)
    injects = [x for fault in faults for x in ('-e', 'inject=%s:%s:when=%s' % (fault[0], fault[2], fault[1]))]
    with Strace(process.pid, '-e', 'trace=' + ','.join(fault[0] for fault in faults), *injects) as s:
        act()
        died = s.ended(linger_s)
    died = died or not process.alive()
    if died:
        process.adopt()
        process.used = True  # it has done, or will do, what the dead one left
    return died


def spread(points, most):
    """At most that many of the points, evenly."""
    return points if most is None or len(points) <= most else [points[i * len(points) // most] for i in range(most)]
