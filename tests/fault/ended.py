"""A sweep of every point that is told to stop, while its houses are being made, leaves no process and no folder. Prints TAP."""
import os, pathlib, shutil, signal, subprocess, sys, tempfile

sys.path[:0] = [os.path.join(os.environ['top_srcdir'], 'tests', p) for p in ('lib', 'fault')]
from campaign import HOUSES  # noqa: E402
from house import House  # noqa: E402
from strike import may_trace  # noqa: E402
from tap import done, ok  # noqa: E402


def within(folder):
    """The processes whose words or working folder name it: (number, words)."""
    found = []
    for path in pathlib.Path('/proc').glob('[0-9]*'):
        try:
            words, place = (path / 'cmdline').read_bytes().replace(b'\0', b' ').decode(), os.readlink(path / 'cwd')
        except OSError:
            continue
        if folder in words or place.startswith(folder):
            found.append((int(path.name), words))
    return found


def main():
    why = may_trace()
    if why:
        print('1..0 # SKIP', why)
        return
    folder = tempfile.mkdtemp(prefix='fl')
    os.chmod(folder, 0o755)
    sweep = subprocess.Popen([sys.executable, os.environ['top_srcdir'] + '/tests/fault/sweep.py', 'all', 'api'], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                             env={**os.environ, 'TMPDIR': folder})
    House.wait(lambda: sum(' -D ' in words for _, words in within(folder)) >= HOUSES, 'a database for each house', alive=lambda: sweep.poll() is None)
    sweep.send_signal(signal.SIGTERM)
    said = sweep.communicate()[0]
    ok(sweep.returncode == 128 + signal.SIGTERM, 'a sweep that is told to stop ends by that', sweep.returncode, said[-300:])
    ok('1..' not in said, 'and has no result')
    ok(not within(folder), 'no process of its %d houses goes on' % HOUSES, within(folder))
    ok(not os.listdir(folder), 'and no folder is left', os.listdir(folder))
    shutil.rmtree(folder, ignore_errors=True)
    done()


main()
