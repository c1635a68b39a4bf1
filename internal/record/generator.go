package record

// Health is what the load generator saw of itself in a stretch of time. Shares are 0 to 1.
type Health struct {
	// ScheduleLagP99S is how late requests started by the generator's own doing,
	// ReceiveLagP99S how long answers had been with its machine when it read them.
	ScheduleLagP99S float64 `json:"schedule_lag_p99_s"`
	ReceiveLagP99S  float64 `json:"receive_lag_p99_s"`
	// CPUShare is the process's CPU time over the wall time and the cores that a quota leaves it.
	CPUShare float64 `json:"cpu_share"`
	// RunDelayShare is the part of the time in which threads ran or were ready to run
	// that they had no core, ThrottledShare that of a quota's periods in which it was used up.
	RunDelayShare  float64 `json:"run_delay_share"`
	ThrottledShare float64 `json:"throttled_share"`
	// GCShare is the part of the wall time that garbage collection stopped the
	// program, BlockedShare that in which replies had to wait for the verifier.
	GCShare      float64 `json:"gc_share"`
	BlockedShare float64 `json:"blocked_share"`
	// Bound names what made the generator the limit, as Generator does; empty for nothing.
	Bound string `json:"bound,omitempty"`
}

// Generator is what the load generator saw of itself.
type Generator struct {
	Saturated bool `json:"saturated"`
	// Reasons says what was exhausted, and what to do; empty unless Saturated.
	Reasons []string `json:"reasons,omitempty"`
	// Bound names what bound it first: "descriptors", "ports", "cpu quota", "cpu",
	// "run queue", "verification", "garbage collection", "schedule lag" or "receive
	// lag"; empty unless Saturated.
	Bound       string       `json:"bound,omitempty"`
	ScheduleLag Distribution `json:"schedule_lag_s"`
	// ReceiveLag is how long answers had been with the generator's machine when it
	// read them; ReceiveLagSource is "kernel" where the kernel's time stamps tell,
	// "heartbeat" where it is guessed from how late the generator's own timers are.
	ReceiveLag       Distribution `json:"receive_lag_s,omitzero"`
	ReceiveLagSource string       `json:"receive_lag_source,omitempty"`
	// CPUShare is the process's CPU time over the run's wall time and the cores that
	// it may use, quotas considered, 0 to 1.
	CPUShare        float64 `json:"cpu_share"`
	GCPauseS        float64 `json:"gc_pause_s"`
	GCCount         uint32  `json:"gc_count"`
	MaxQueueDepth   int     `json:"max_queue_depth"`
	MaxOpenSockets  int     `json:"max_open_sockets"`
	MaxInFlight     int     `json:"max_in_flight"`
	MaxRSSBytes     uint64  `json:"max_rss_bytes"`
	LateRequests    uint64  `json:"late_requests"`
	CatchUpRequests uint64  `json:"catch_up_requests"`
	// UsableCores is how many cores there are for the process, and QuotaCores how many
	// of them a control group leaves it on average, where one bounds it.
	UsableCores int     `json:"usable_cores"`
	QuotaCores  float64 `json:"quota_cores,omitempty"`
	// Cause says what kept the generator from running, as far as anything did, whether
	// that mattered or not, and HiddenS how late it may have been for that with a
	// request without a trace in it.
	Cause   string  `json:"cause,omitempty"`
	HiddenS float64 `json:"hidden_s,omitempty"`
	// NeededInFlight is about how many requests the plan would have had in flight
	// without a limit: its rate times the time that an answer takes.
	NeededInFlight int `json:"needed_in_flight,omitempty"`
	// RunDelayShare and ThrottledShare are of the whole run, as in Health; ThrottledS is
	// how long the quota held the process, over all cores, and BlockedS how long
	// replies waited for the verifier.
	RunDelayShare  float64 `json:"run_delay_share,omitempty"`
	ThrottledShare float64 `json:"throttled_share,omitempty"`
	ThrottledS     float64 `json:"throttled_s,omitempty"`
	BlockedS       float64 `json:"blocked_s,omitempty"`
}

// Connections tells what connections the requests that count had and how long the
// parts of an exchange took.
type Connections struct {
	// Mode is "reuse", "fresh" or "N per connection", with N in PerConnection: how many
	// requests a connection serves at the most; 0 is no bound.
	Mode          string `json:"mode"`
	PerConnection int    `json:"per_connection,omitempty"`
	// Resumption says that TLS handshakes may take up earlier sessions.
	Resumption bool `json:"resumption"`
	// HTTP is the version that was spoken, "1.1" or "2"; empty where no answer came.
	HTTP string `json:"http,omitempty"`
	// Opened counts the connections, Handshakes those with a TLS handshake, Resumptions
	// the handshakes that took up an earlier session.
	Opened      uint64 `json:"opened"`
	Handshakes  uint64 `json:"handshakes"`
	Resumptions uint64 `json:"resumptions"`
	// Connect is how long the TCP connections took to open, Handshake the TLS
	// handshakes, and FirstByte the time from the writing of a request to the first
	// byte of its answer. The service time holds all three.
	Connect   Distribution `json:"connect_s"`
	Handshake Distribution `json:"tls_handshake_s"`
	FirstByte Distribution `json:"first_byte_s"`
	// The histograms behind them, encoded as in Service.
	ConnectHistogram   string `json:"connect_histogram,omitempty"`
	HandshakeHistogram string `json:"tls_handshake_histogram,omitempty"`
	FirstByteHistogram string `json:"first_byte_histogram,omitempty"`
}
