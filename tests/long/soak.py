#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""soak.py SEED SECONDS SOCKET PROFILE AGENT-PID ORG-LOG PORT LIFE ORG-COMMAND...

Clients ask an agent for bearers all the time, and present each one to the org, while workers are killed and the org comes
and goes; SEED decides when. The org is started by ORG-COMMAND with --port PORT; one that comes back knows none of the
bearers that it issued before, as if it had ended all sessions. LIFE is the lifetime that it states for its bearers, in
seconds; they live a bit longer.

At last it ends the agent, and prints what happened as JSON. "wrong" lists what must not happen: a bearer that the org does
not accept though it should, or a failure at a time without a fault. No bearer is shown.
"""
import calendar, collections, datetime, http.client, json, os, random, signal, socket, subprocess, sys, threading, time

CLIENTS, USERS = 50, 10
WARM_UP = 8.0    # seconds until the first count of memory and descriptors
GRACE = 12.0     # seconds after a fault in which requests may fail: failures are remembered
STEADY = 65.0    # seconds between two kills, so that the agent starts the next worker after one second each time
LONGER = 2       # seconds that the bearers of soak.test live longer than the org says

seed, seconds, path, profile, agent, log, port, life = sys.argv[1:9]
seed, seconds, agent, port, life = int(seed), float(seconds), int(agent), int(port), float(life)
org_command = sys.argv[9:]
lock = threading.Lock()
counts, wrong = collections.Counter(), []
windows = []        # [begin, end] of each fault, by time.time()
org_starts = []     # when the org was started
expiry = {}         # of the newest bearer of each user
stop, pause = threading.Event(), threading.Event()


def count(name, n=1):
    with lock:
        counts[name] += n


def complain(text):
    with lock:
        counts["wrong"] += 1
        if len(wrong) < 20:
            wrong.append(text)


def issued_by_org(user, received):
    """When the org made the bearer that came then, in whole seconds: its answer may have been late."""
    with open(log) as file:
        lines = [json.loads(line) for line in file if line.endswith("\n")]
    times = [calendar.timegm(time.strptime(line["time"], "%Y-%m-%dT%H:%M:%SZ")) for line in lines
             if line.get("claims", {}).get("sub") == user and line.get("status") == 200 and not line.get("fault")]
    return max((made for made in times if made <= received + 1), default=received)


def in_fault(begin, end):
    """Whether a fault overlaps this time, or has just ended."""
    with lock:
        return any(b <= end and begin <= e + GRACE for b, e in windows)


class Unix(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(90)
        self.sock.connect(path)


# --- the org ---

org = None


def start_org():
    global org
    for _ in range(100):
        org = subprocess.Popen(org_command + ["--port", str(port), "--log", log], stdout=subprocess.PIPE)
        if org.stdout.readline():
            break
        org.wait()
        time.sleep(0.05)
    else:
        sys.exit("soak.py: the org does not start again")
    with lock:
        org_starts.append(time.time())


def stop_org():
    org.kill()
    org.wait()
    org.stdout.close()


def userinfo(bearer):
    """The user whose bearer it is, 401 if the org does not accept it, or None if there is no org now."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", "/services/oauth2/userinfo", headers={"Authorization": "Bearer " + bearer})
        answer = connection.getresponse()
        body = answer.read()
        return json.loads(body)["preferred_username"] if answer.status == 200 else answer.status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


# --- clients ---

class Client(threading.Thread):
    def __init__(self, number):
        super().__init__(daemon=True)
        self.random = random.Random(seed * 1000 + number)
        self.user = f"user{number % USERS + 1}@example.com"
        self.connection = None
        self.resting = threading.Event()

    def ask(self, fresh=None):
        """Returns status and answer."""
        if self.connection is None or self.random.random() < 0.2:
            self.leave()
            self.connection = Unix("agent")
        target = f"/v1/token?profile={profile}&username={self.user}" + (f"&fresh={fresh}" if fresh else "")
        for again in (False, True):
            try:
                self.connection.request("GET", target, headers={"P11bearer": "1"})
                answer = self.connection.getresponse()
                return answer.status, json.loads(answer.read())
            except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
                # The agent closes a connection that was idle.
                self.leave()
                self.connection = Unix("agent")
                if again:
                    raise

    def leave(self):
        if self.connection is not None:
            self.connection.close()
        self.connection = None

    def judge_failure(self, begin, status, answer, held):
        count("failures")
        count(f"failures with {status}")
        own = answer.get("p11bearer", {})
        if status not in (502, 503, 504) or not answer.get("error") or not answer.get("error_description") or "status" not in own:
            complain(f"a failure of another form: {status} {answer}")
        elif held:
            complain(f"a failure though there is a bearer that lives: {status} {answer}")
        elif not in_fault(begin, time.time()) and not self.org_has_failed(begin):
            complain(f"a failure without a fault: {status} {answer}")

    def org_has_failed(self, begin):
        """Whether the org has spoiled its answer for this user shortly before."""
        with open(log) as file:
            lines = [json.loads(line) for line in file if '"fault"' in line]
        since = datetime.datetime.fromtimestamp(begin - GRACE, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        return any(line["claims"]["sub"] == self.user and line["time"] >= since for line in lines if "claims" in line)

    def has_ended(self, issued):
        """Whether the org has restarted or ended the bearer since it made it."""
        made = issued_by_org(self.user, issued)
        return org_starts[-1] >= made or time.time() >= made + life + LONGER

    def judge_bearer(self, begin, answer, again):
        own = answer["p11bearer"]
        issued = own["expires_at"] - life
        user = userinfo(answer["access_token"])
        if user == self.user:
            count("accepted")
        elif user is None:
            count("no org to ask")
            if not in_fault(begin, time.time()):
                complain("the org does not answer, without a fault")
        elif user == 401 and self.has_ended(issued):
            count("ended")
            if not again:
                self.step(own["generation"])
        else:
            complain(f"{user} instead of {self.user}, {time.time() - issued:.1f} s after it was issued")

    def step(self, fresh=None):
        begin = time.time()
        with lock:
            lives = expiry.get(self.user, 0)
        status, answer = self.ask(fresh)
        count("requests")
        if status == 200:
            if fresh is not None and answer["p11bearer"]["generation"] == fresh:
                complain("a bearer that the org has ended came again")
            with lock:
                expiry[self.user] = max(expiry.get(self.user, 0), answer["p11bearer"]["expires_at"])
            self.judge_bearer(begin, answer, fresh is not None)
        else:
            self.judge_failure(begin, status, answer, fresh is None and time.time() < lives - 1)

    def run(self):
        while not stop.is_set():
            if pause.is_set():
                self.leave()
                self.resting.set()
                time.sleep(0.05)
                continue
            self.resting.clear()
            try:
                self.step()
            except Exception as error:
                complain(f"{type(error).__name__}: {error}")
                self.leave()
            time.sleep(self.random.uniform(0.05, 0.5))
        self.leave()
        self.resting.set()


# --- faults ---

def workers():
    with open(f"/proc/{agent}/task/{agent}/children") as file:
        return [int(pid) for pid in file.read().split()]


def kill_worker(rng):
    """Ends when the next one has started."""
    before = workers()
    if before:
        count("workers killed")
        os.kill(rng.choice(before), signal.SIGKILL)
    while set(workers()) <= set(before):
        time.sleep(0.1)


def restart_org(rng):
    count("org restarts")
    stop_org()
    time.sleep(rng.uniform(0.2, 3))
    start_org()


def hang_org(rng):
    count("org hangs")
    org.send_signal(signal.SIGSTOP)
    time.sleep(rng.uniform(0.5, 4))
    org.send_signal(signal.SIGCONT)


def reload(_):
    count("reloads")
    os.kill(agent, signal.SIGHUP)


def faults(end):
    rng, killed = random.Random(seed), 0
    while time.time() < end:
        fault = rng.choice([kill_worker, restart_org, hang_org, reload])
        if fault is kill_worker:
            if time.time() < killed + STEADY:
                continue
            killed = time.time()
        if fault is reload:  # which nobody may notice
            fault(rng)
        else:
            with lock:
                windows.append([time.time(), time.time() + 60])
            fault(rng)
            with lock:
                windows[-1][1] = time.time()
        time.sleep(min(rng.uniform(3, 20), max(0, end - time.time())))


# --- the agent's size ---

def size():
    """Resident memory in KiB and number of descriptors (None if only root may see them), while no client is connected."""
    pause.set()
    for client in clients:
        client.resting.wait(100)
    time.sleep(0.5)
    with open(f"/proc/{agent}/status") as file:
        memory = next(int(line.split()[1]) for line in file if line.startswith("VmRSS:"))
    try:
        descriptors = len(os.listdir(f"/proc/{agent}/fd"))
    except PermissionError:
        descriptors = None
    pause.clear()
    return {"memory": memory, "descriptors": descriptors}


def agent_runs():
    try:
        with open(f"/proc/{agent}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


start_org()
clients = [Client(number) for number in range(CLIENTS)]
for client in clients:
    client.start()
time.sleep(WARM_UP)
first = size()
faults(time.time() + max(0, seconds - WARM_UP - GRACE))
time.sleep(GRACE + 1)
before = counts["accepted"]
time.sleep(2)
recovered = counts["accepted"] - before
last = size()
stop.set()
for client in clients:
    client.join(100)
left = len(workers())
os.kill(agent, signal.SIGTERM)  # before the org ends, so that each signature gets there
while agent_runs():
    time.sleep(0.05)
stop_org()
print(json.dumps({"seed": seed, "seconds": seconds, "counts": counts, "wrong": wrong, "recovered": recovered, "first": first,
                  "last": last, "windows": windows, "workers": left}))
