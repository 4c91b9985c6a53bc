"""The house of the fault tests, with the partners that keep a ledger: a mail server and a model."""
import contextlib, os, subprocess, sys, tempfile

sys.path[:0] = [os.path.join(os.environ['top_srcdir'], 'tests', p) for p in ('lib', 'fault')]
from house import House, free_port  # noqa: E402
from mailhouse import Sink  # noqa: E402
from targets import TOP, World  # noqa: E402


@contextlib.contextmanager
def model():
    """tests/stub/llm.py; answers its port."""
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        process = subprocess.Popen([sys.executable, TOP + '/tests/stub/llm.py', '--port-file', folder + '/port', '--ledger', folder + '/ledger', '--port', str(port)])
        try:
            House.wait(lambda: os.path.exists(folder + '/port'), 'the model')
            yield port
        finally:
            process.kill()
            process.wait()


@contextlib.contextmanager
def house(**more):
    """Answers its World: one web process, one for sign-in, one light and one io process of the worker."""
    sink = Sink()
    try:
        with model() as port:
            conf = {'WEB_PROCESSES': '1', 'SLOW_PROCESSES': '1', 'WORKER_PROCESSES': '1', 'WORKER_IO_PROCESSES': '1', 'RATE_LIMIT_MAX': '1000000',
                    'SMTP_HOST': '127.0.0.1', 'SMTP_PORT': str(sink.port), 'SMTP_SECURE': 'none', 'SMTP_FROM_EMAIL': 'desk@quay.example',
                    'OPENAI_API_KEY': 'key', 'OPENAI_BASE_URL': 'http://127.0.0.1:%d' % port, 'OUTSIDE_ALLOW': '127.0.0.1:%d,127.0.0.1:%d' % (sink.port, port),
                    **more.pop('conf', {})}
            with House.temporary(conf=conf, **more) as h:
                yield World(h, sink, port)
    finally:
        sink.close()
