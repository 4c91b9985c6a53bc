"""How the benches measure: wrk, pgbench, medians with their spread, memory."""
import os, pathlib, re, statistics, subprocess, time


def wrk(url, connections, seconds=2, headers=(), lua=None):
    """requests/s, p50, p95, p99 in ms, errors"""
    command = ['wrk', '-t1', '-c%d' % connections, '-d%ds' % seconds, '--latency']
    for h in headers:
        command += ['-H', h]
    if lua:
        command += ['-s', str(lua)]
    out = subprocess.run(command + [url], capture_output=True, text=True, check=True).stdout

    def ms(percent):
        m = re.search(r'%d%%\s+([\d.]+)(us|ms|s)' % percent, out)
        return float(m[1]) * {'us': 0.001, 'ms': 1, 's': 1000}[m[2]] if m else 0.0
    errors = sum(int(n) for n in re.findall(r'Non-2xx or 3xx responses: (\d+)', out))
    errors += sum(int(n) for line in re.findall(r'Socket errors:(.*)', out) for n in re.findall(r'\d+', line))
    p95 = re.search(r'p95 ([\d.]+)', out)
    return {'rate': float(re.search(r'Requests/sec:\s+([\d.]+)', out)[1]), 'p50': ms(50), 'p95': float(p95[1]) if p95 else ms(90), 'p99': ms(99),
            'errors': errors}


def pgbench(house, text, clients, seconds=2, user='fl_app'):
    path = house.prefix / 'data' / 'bench.sql'
    path.write_text(text)
    out = subprocess.run([house.pg / 'pgbench', '-n', '-M', 'prepared', '-c', str(clients), '-j', '1', '-T', str(seconds), '-f', path, '-h', house.run,
                          '-U', user, 'fairlead'], capture_output=True, text=True)
    found = re.search(r'tps = ([\d.]+)', out.stdout)
    if not found:
        raise RuntimeError('pgbench: ' + out.stderr[-600:])
    return {'rate': float(found[1])}


def flush_ms(folder):
    """What a flush of the disk takes, as a commit does it: fdatasync after 8 kB written anew; p50 and p95 of 200."""
    page, times = b'x' * 8192, []
    with open(pathlib.Path(folder) / 'flush', 'w+b', buffering=0) as f:
        f.write(page * 64)
        os.fsync(f.fileno())
        for n in range(200):
            f.seek(n % 64 * len(page))
            f.write(page)
            began = time.perf_counter()
            os.fdatasync(f.fileno())
            times.append((time.perf_counter() - began) * 1000)
    times.sort()
    return times[100], times[190]


def spread(values):
    """median (least..most)"""
    if not values:
        return '-'
    fine = 0 if statistics.median(values) >= 100 else 2
    return '%.*f (%.*f..%.*f)' % (fine, statistics.median(values), fine, min(values), fine, max(values))


def median(values):
    return statistics.median(values) if values else float('nan')


def private_kb(pids):
    """Memory that is theirs alone, in kB: what they share among themselves, as a child does with its parent, counts once; files of libraries do not."""
    total = 0
    for pid in pids:
        for line in pathlib.Path('/proc/%d/smaps_rollup' % pid).read_text().splitlines():
            if line.startswith(('Pss_Anon:', 'Pss_Shmem:')):
                total += int(line.split()[1])
    return total


def family(pid):
    """A process and its descendants."""
    found = [pid]
    for p in found:
        try:
            found += map(int, pathlib.Path('/proc/%d/task/%d/children' % (p, p)).read_text().split())
        except OSError:
            continue
    return found


def cpu_s(pid):
    """Processor seconds a process and its descendants have used, those that ended included."""
    total = 0
    for one in family(pid):
        try:
            told = pathlib.Path('/proc/%d/stat' % one).read_text().rsplit(') ', 1)[1].split()
        except OSError:
            continue
        total += sum(int(n) for n in told[11:15])
    return total / os.sysconf('SC_CLK_TCK')
