package main

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/unigate/unigate/internal/unifier"
)

// connections is how many requests each tool keeps going at once.
const connections = 16

const (
	user     = "$$bench"
	password = "bench-password"
)

// tool is one load generator.
type tool struct {
	name string
	// command returns the command for a rate, 0 for as fast as it can; nil where it cannot.
	command func(rate int, d time.Duration) []string
	// latency reads p50 and p99 from what it printed.
	latency func(out []byte) (p50, p99 time.Duration, err error)
}

// toolsFor returns the tools that are installed, and the names of the others.
func toolsFor(dir, url string) (tools []tool, missing []string, err error) {
	authorization := "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
	service, _ := unifier.FirstService(unifier.Basic, unifier.Edition217) // every tool asks the same one
	login := url + service.Path()
	own, err := unigate(dir, url)
	if err != nil {
		return nil, nil, err
	}
	tools = append(tools, own)
	for _, t := range []struct {
		name string
		make func() (tool, error)
	}{
		{"vegeta", func() (tool, error) { return vegeta(login, authorization), nil }},
		{"k6", func() (tool, error) { return k6(dir, login, authorization) }},
		{"bombardier", func() (tool, error) { return bombardier(login, authorization), nil }},
		{"wrk", func() (tool, error) { return wrk(login, authorization), nil }},
	} {
		if _, err := exec.LookPath(t.name); err != nil {
			missing = append(missing, t.name)
			continue
		}
		made, err := t.make()
		if err != nil {
			return nil, nil, err
		}
		tools = append(tools, made)
	}
	return tools, missing, nil
}

// unigate is the tool that is measured.
func unigate(dir, url string) (tool, error) {
	config := filepath.Join(dir, "unigate.yaml")
	if err := writeConfig(config, url); err != nil {
		return tool{}, err
	}
	return tool{
		name: "unigate",
		command: func(rate int, d time.Duration) []string {
			args := []string{filepath.Join(dir, "unigate"), "load", "--config", config, "--format", "json", "--duration", d.String()}
			if rate == 0 {
				return append(args, "--rate", "max", "--max-inflight", fmt.Sprint(connections))
			}
			return append(args, "--rate", fmt.Sprint(rate))
		},
		latency: func(out []byte) (time.Duration, time.Duration, error) {
			var r struct {
				Load struct {
					Totals struct {
						BadTokens uint64 `json:"bad_tokens"`
						Errors    uint64 `json:"errors"`
					} `json:"totals"`
					All struct {
						Latency struct {
							P50 float64 `json:"p50"`
							P99 float64 `json:"p99"`
						} `json:"latency_s"`
					} `json:"all"`
				} `json:"load"`
			}
			err := json.Unmarshal(out, &r)
			if err == nil && r.Load.Totals.BadTokens+r.Load.Totals.Errors > 0 {
				err = errors.New("it found something wrong with the token server")
			}
			return seconds(r.Load.All.Latency.P50), seconds(r.Load.All.Latency.P99), err
		},
	}, nil
}

// writeConfig writes unigate's configuration for the token server.
func writeConfig(path, url string) error {
	text := fmt.Sprintf("target: {base_url: %q}\nusers:\n  - {name: %q, password: %q, type: basic, status: active, date_format: MM/DD/YYYY, time_zone: Etc/UTC}\n",
		url, user, password)
	return os.WriteFile(path, []byte(text), 0o600)
}

// vegeta is vegeta attack | vegeta report.
func vegeta(login, authorization string) tool {
	return tool{
		name: "vegeta",
		command: func(rate int, d time.Duration) []string {
			flags := fmt.Sprintf("-rate=0 -workers=%d -max-workers=%d", connections, connections)
			if rate > 0 {
				flags = fmt.Sprintf("-rate=%d", rate)
			}
			return []string{"sh", "-c", fmt.Sprintf("echo 'GET %s' | vegeta attack %s -duration=%s -header '%s' | vegeta report -type=json", login, flags, d, authorization)}
		},
		latency: func(out []byte) (time.Duration, time.Duration, error) {
			var r struct {
				Latencies struct {
					P50 time.Duration `json:"50th"`
					P99 time.Duration `json:"99th"`
				} `json:"latencies"`
			}
			err := json.Unmarshal(out, &r)
			return r.Latencies.P50, r.Latencies.P99, err
		},
	}
}

// k6 is k6 with a check of status and token.
func k6(dir, login, authorization string) (tool, error) {
	script := filepath.Join(dir, "k6.js")
	text := fmt.Sprintf(`import http from 'k6/http';
import { check } from 'k6';
const rate = parseInt(__ENV.RATE), duration = __ENV.DURATION;
export const options = {
  summaryTrendStats: ['med', 'p(99)'],
  scenarios: { login: rate > 0
    ? { executor: 'constant-arrival-rate', rate: rate, timeUnit: '1s', duration: duration, preAllocatedVUs: 100, maxVUs: 1000 }
    : { executor: 'constant-vus', vus: %d, duration: duration } },
};
const params = { headers: { Authorization: %q } };
export default function () {
  const r = http.get(%q, params);
  check(r, { 'status is 200': (r) => r.status === 200, 'there is a token': (r) => r.json('token') !== undefined });
}
export function handleSummary(data) { return { stdout: JSON.stringify(data.metrics.http_req_duration.values) }; }
`, connections, authorization[len("Authorization: "):], login)
	return tool{
		name: "k6",
		command: func(rate int, d time.Duration) []string {
			return []string{"k6", "run", "--quiet", "-e", fmt.Sprintf("RATE=%d", rate), "-e", "DURATION=" + d.String(), script}
		},
		latency: func(out []byte) (time.Duration, time.Duration, error) {
			var r map[string]float64
			err := json.Unmarshal(out, &r)
			return seconds(r["med"] / 1000), seconds(r["p(99)"] / 1000), err
		},
	}, os.WriteFile(script, []byte(text), 0o600)
}

// bombardier checks nothing but counts statuses.
func bombardier(login, authorization string) tool {
	return tool{
		name: "bombardier",
		command: func(rate int, d time.Duration) []string {
			args := []string{"bombardier", "-c", fmt.Sprint(connections), "-d", d.String(), "-H", authorization, "-l", "-p", "r", "-o", "json"}
			if rate > 0 {
				args = append(args, "-r", fmt.Sprint(rate))
			}
			return append(args, login)
		},
		latency: func(out []byte) (time.Duration, time.Duration, error) {
			var r struct {
				Result struct {
					Latency struct {
						Percentiles map[string]float64 `json:"percentiles"` // microseconds
					} `json:"latency"`
				} `json:"result"`
			}
			err := json.Unmarshal(out, &r)
			p := r.Result.Latency.Percentiles
			return seconds(p["50"] / 1e6), seconds(p["99"] / 1e6), err
		},
	}
}

// wrk checks nothing and knows no rates.
func wrk(login, authorization string) tool {
	return tool{
		name: "wrk",
		command: func(rate int, d time.Duration) []string {
			if rate > 0 {
				return nil
			}
			return []string{"wrk", "-t", "2", "-c", fmt.Sprint(connections), "-d", fmt.Sprintf("%ds", int(d.Seconds())), "-H", authorization, login}
		},
	}
}

// seconds returns a duration.
func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
