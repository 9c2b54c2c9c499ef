# Runs one inference server inside a SLURM job and keeps its entry in the registry. Sourced by serve_*.sbatch, which set
#   MODEL          the name that the server answers to
#   SERVER         an array: the command; the port is appended as `--port N`
# Settings by environment, all optional:
#   SIGNALBOX_REGISTRY   folder that the proxy reads; on a file system that both see   (~/.signalbox/registry)
#   SIGNALBOX_KEY_FILE   the server's API key, readable by you alone; made if missing  (~/.signalbox/server.key)
#   BEAT_S, DRAIN_S      seconds between two heartbeats (15), and left, at least, to requests under way (60)
#
# An entry is one JSON file per job, always replaced whole: starting -> ready -> draining -> gone. `expires_at` is the
# epoch second of the job's time limit, 0 if unknown. While the server does not answer its health check there is no
# heartbeat, so a server that hangs ages out of the registry.

set -u
umask 077

REGISTRY=${SIGNALBOX_REGISTRY:-$HOME/.signalbox/registry}
KEY_FILE=${SIGNALBOX_KEY_FILE:-$HOME/.signalbox/server.key}
ENTRY=$REGISTRY/$SLURM_JOB_ID.json
NODE=${SLURMD_NODENAME:-$(hostname -s)}
BEAT_S=${BEAT_S:-15}
DRAIN_S=${DRAIN_S:-60}
QUICK_S=10 # a server that dies sooner may have lost the race for its port: it gets another one
STATE=starting SERVER_PID='' DRAINING='' STOPPING='' WOKEN='' NAPPING=''

say() { printf '%s signalbox: %s\n' "$(date +%FT%T)" "$*" >&2; }
fail() { say "$*"; exit 1; }

# Any user of the cluster can reach the port, so the server asks for a key that only its owner can read.
require_key() {
  if [ ! -e "$KEY_FILE" ]; then
    mkdir -p "$(dirname "$KEY_FILE")"
    (set -o noclobber; head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n' >"$KEY_FILE") 2>/dev/null
  fi
  case $(stat -c %a "$KEY_FILE") in
    600 | 400) ;;
    *) fail "others can read $KEY_FILE. Run: chmod 600 $KEY_FILE" ;;
  esac
}

end_of_job() {
  local end=${SLURM_JOB_END_TIME:-}
  if [ -z "$end" ]; then
    # `date -d ''` means midnight; a word that is no date fails as it should
    end=$(squeue -h -j "$SLURM_JOB_ID" -o %e 2>/dev/null)
    end=$(date -d "${end:-unknown}" +%s 2>/dev/null || echo 0)
  fi
  printf '%s' "$end"
}

# Below the range that the kernel hands out to clients, so that no connection holds it by accident.
free_port() {
  local port
  while :; do
    port=$((20000 + RANDOM % 12000))
    (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
  done
  printf '%s' "$port"
}

register() {
  local fresh=$ENTRY.tmp.$BASHPID
  printf '{"schema":1,"job_id":"%s","restart":%d,"node":"%s","port":%d,"base_url":"http://%s:%d/v1","model":"%s","state":"%s","expires_at":%d,"heartbeat_at":%d}\n' \
    "$SLURM_JOB_ID" "${SLURM_RESTART_COUNT:-0}" "$NODE" "$PORT" "$NODE" "$PORT" "$MODEL" "$STATE" "$EXPIRES_AT" "$(date +%s)" >"$fresh" \
    && mv -f "$fresh" "$ENTRY"
}

unregister() { rm -f "$ENTRY" "$ENTRY".tmp.*; }

beat() {
  if [ "$STATE" = draining ]; then
    register
  elif curl -fsS -m 3 -o /dev/null "http://127.0.0.1:$PORT/health" 2>/dev/null; then
    STATE=ready
    register
  elif [ "$STATE" = starting ]; then
    register
  fi
}

# A signal ends the nap at once, whenever it comes: before the nap WOKEN tells of it, during it the sleep is killed.
nap() {
  sleep "$1" &
  NAPPING=$!
  [ -n "$WOKEN" ] || wait "$NAPPING"
  kill "$NAPPING" 2>/dev/null
  WOKEN='' NAPPING=''
}

wake() {
  WOKEN=1
  [ -z "$NAPPING" ] || kill "$NAPPING" 2>/dev/null
}

# Asks again every 5 s: a server that has only just been started may lose the first signal.
stop_server() {
  local tenths=0
  while kill -0 "$SERVER_PID" 2>/dev/null; do
    [ $((tenths % 50)) -ne 0 ] || kill -TERM "$SERVER_PID" 2>/dev/null
    tenths=$((tenths + 1))
    nap 0.1
  done
  unregister
}

drain() {
  local deadline=$((SECONDS + DRAIN_S))
  STATE=draining
  say "time limit is near: no new requests; $DRAIN_S s for those under way"
  while [ -z "$STOPPING" ] && [ "$SECONDS" -lt "$deadline" ] && kill -0 "$SERVER_PID" 2>/dev/null; do
    beat
    nap "$BEAT_S"
  done
  stop_server
  scontrol requeue "$SLURM_JOB_ID" || say "could not requeue; submit the job again"
  exit 0
}

supervise() {
  while kill -0 "$SERVER_PID" 2>/dev/null; do
    if [ -n "$STOPPING" ]; then
      stop_server
      exit 0
    fi
    [ -z "$DRAINING" ] || drain
    beat
    nap "$BEAT_S"
  done
  wait "$SERVER_PID"
}

serve() {
  [[ $MODEL =~ ^[A-Za-z0-9._:/@+-]+$ ]] || fail "MODEL '$MODEL' is no model name"
  mkdir -p "$REGISTRY"
  EXPIRES_AT=$(end_of_job)
  trap 'DRAINING=1; wake' USR1
  trap 'STOPPING=1; wake' TERM INT
  trap unregister EXIT
  local attempt began code=1
  for attempt in 1 2 3; do
    PORT=$(free_port) STATE=starting began=$SECONDS
    register
    "${SERVER[@]}" --port "$PORT" &
    SERVER_PID=$!
    supervise
    code=$?
    [ "$code" -ne 0 ] && [ $((SECONDS - began)) -lt "$QUICK_S" ] || break
    say "server ended with $code after $((SECONDS - began)) s (attempt $attempt)"
  done
  exit "$code"
}
