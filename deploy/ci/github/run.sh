#!/usr/bin/env bash
# Runs unigate once and says its outcome in GitHub's own terms: outputs, job summary, annotations.
# environment: GATE_COMMAND, GATE_ARGS (one argument a line), GATE_NAME, GATE_INCONCLUSIVE (fail or warn)
# exit status: that of unigate; 0 for 3 where GATE_INCONCLUSIVE is warn
set -uo pipefail
fail() { echo "::error title=unigate::$1"; exit 2; }
case $GATE_INCONCLUSIVE in fail | warn) ;; *) fail "the input inconclusive takes fail or warn" ;; esac
case $GATE_NAME in '' | *[!A-Za-z0-9._-]* | .*) fail "the input name takes letters, digits, full stops, - and _" ;; esac
case $GATE_COMMAND in '' | *[!a-z]*) fail "the input command takes one command, such as verify; its flags go into args" ;; esac

out=${RUNNER_TEMP:?}/unigate-$GATE_NAME
rm -rf "$out"
args=()
while IFS= read -r line || [ -n "$line" ]; do
  line=${line%$'\r'}
  [ -z "$line" ] || args+=("$line")
done <<< "$GATE_ARGS"

# The runner reads commands out of the log. unigate breaks those that a target may have
# written; beside that, none counts here until the token comes again.
token=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
echo "::stop-commands::$token"
unigate "$GATE_COMMAND" --out "$out" ${args[@]+"${args[@]}"}
status=$?
echo
echo "::$token::"

case $status in 0) verdict=pass ;; 1) verdict=fail ;; 3) verdict=inconclusive ;; 130) verdict=interrupted ;; *) verdict=error ;; esac
{
  echo "exit=$status"
  echo "verdict=$verdict"
  echo "folder=$out"
} >> "${GITHUB_OUTPUT:?}"
# The file is below GitHub's limit of 1 MiB a step: beyond it, a summary is dropped whole.
[ ! -f "$out/summary.md" ] || cat "$out/summary.md" >> "${GITHUB_STEP_SUMMARY:?}"
if [ -f "$out/run.json" ]; then
  annotations=$(unigate report "$out/run.json" --format github)
  if [ "$status:$GATE_INCONCLUSIVE" = 3:warn ]; then
    annotations=${annotations//::error /::warning }
  fi
  [ -z "$annotations" ] || printf '%s\n' "$annotations"
elif [ "$status" -ne 0 ]; then
  echo "::error title=unigate::exit status $status without a record: the log says why"
fi
if [ "$status:$GATE_INCONCLUSIVE" = 3:warn ]; then
  echo "::warning title=unigate::inconclusive: nothing was proved, and the job goes on by choice"
  exit 0
fi
exit "$status"
