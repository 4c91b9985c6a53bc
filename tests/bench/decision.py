"""POST to decision: how long it takes until a decision is committed, and until somebody who listens hears of it."""
import json, socket, struct, threading, time

import jobs

BODY = {'subject': 'Invoice 2291', 'body': 'My card was charged twice for one invoice, please refund the payment.'}
TELLS = """create function bench_tells() returns trigger language plpgsql as $$ begin perform pg_notify('decided', new.intake_id::text); return null; end $$;
create trigger bench_tells after insert on agent_decisions for each row execute function bench_tells()"""


class Listener(threading.Thread):
    """Hears what a channel is told, by PostgreSQL's own protocol: `heard` has the time of each word. A commit is told when it lies on disk."""

    def __init__(self, h, channel):
        super().__init__(daemon=True)
        self.heard, self.socket = {}, socket.socket(socket.AF_UNIX)
        self.socket.connect(str(h.run / '.s.PGSQL.5432'))
        hello, listen = struct.pack('!i', 3 << 16) + b'user\0fl_super\0database\0fairlead\0\0', b'listen %s\0' % channel.encode()
        self.socket.sendall(struct.pack('!i', len(hello) + 4) + hello + b'Q' + struct.pack('!i', len(listen) + 4) + listen)

    def run(self):
        data = b''
        while more := self.socket.recv(65536):
            now, data = time.time(), data + more
            while len(data) > 4 and len(data) > (n := struct.unpack('!i', data[1:5])[0]):
                if data[:1] == b'A':  # NotificationResponse: a process, the channel, the word
                    self.heard[data[9:n].split(b'\0')[1].decode()] = now
                data = data[n + 1:]


def row(times):
    times = sorted(times)
    return times[int(len(times) * 0.95)], '%.2f / %.2f / %.2f' % (times[len(times) // 2], times[int(len(times) * 0.95)], times[-1])


def end_to_end(h, t, a):
    """Open loop at 20 a second over four kept connections. The end is the server's commit time, which is before the flush, and when a listener hears of it, after."""
    key, waits, lock, listener = h.key('bench', 'service'), [], threading.Lock(), Listener(h, 'decided')
    listener.start()
    h.sql(TELLS)

    def some(caller, start, first):
        for i in range(first, 80, 4):
            time.sleep(max(0, start + i / 20 - time.time()))
            began, answered, answer = caller.post()
            with lock:
                waits.append((began, answered, answer['id']))
    for _ in range(a.rounds):
        start = time.time() + 0.2
        threads = [threading.Thread(target=some, args=(jobs.Caller(h, '/api/v1/intake', key, json.dumps(BODY)), start, i)) for i in range(4)]
        [x.start() for x in threads]
        [x.join() for x in threads]
    h.drained()
    h.wait(lambda: all(i in listener.heard for *_, i in waits), 'the listener to hear of each')
    h.sql('drop function bench_tells() cascade')
    ends = dict(h.sql("select intake_id, extract(epoch from pg_xact_commit_timestamp(xmin)) from agent_decisions where intake_id in ('%s')"
                      % "','".join(w[2] for w in waits)))
    t.head('POST to decision, 20 a second')
    t.add('decided of accepted', '%d of %d' % (len(ends), len(waits)), ratio=len(ends) / len(waits), least=1)
    p95, took = row([(float(ends[i]) - began) * 1000 for began, _, i in waits if i in ends])
    t.add('p50 / p95 / most, ms', took, 'accept ' + row([(answered - began) * 1000 for began, answered, _ in waits])[1], p95, most=4)
    t.add('heard of by a listener, ms', row([(listener.heard[i] - began) * 1000 for began, _, i in waits])[1])
