package redact

import (
	"strings"
	"unicode"
)

// Unfit says why a secret cannot be replaced wherever it shows up, without
// mangling what unigate says; empty where it can. Such a secret is still replaced
// together with its user's name, and by the name of what holds it.
func Unfit(secret string) string {
	switch {
	case secret == "":
		return "is empty"
	case len(secret) < minSecret:
		return "is too short to be recognised"
	}
	return unfitFolded(string(viewOf(secret).fold().text))
}

// unfitFolded is Unfit for a folded secret.
func unfitFolded(folded string) string {
	word := strings.Trim(folded, " ")
	switch {
	case len(word) < minSecret:
		return "is too short to be recognised"
	case vocabulary[word]:
		return "is a word that unigate's own reports are made of"
	case len(word) < maxFigure && strings.IndexFunc(word, func(r rune) bool { return unicode.IsLetter(r) }) < 0:
		return "looks like a figure in a report"
	}
	return ""
}

// vocabulary holds the words that unigate's records and reports consist of,
// folded; a test compares it with them.
var vocabulary = func() map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(`
		true false null none auto yes no
		pass passed waived skipped skip warning warn fail failed failure error errors inconclusive interrupted
		kept fetched accepted refused over unknown expires user service
		verify load doctor compare report serve selftest spec init version advise trend keep help completion unigate unifier oracle primavera
		documented sampled inferred observed standard
		schema tool commit command started finished target base base/url edition embedded verdict state exit reason reasons
		conformance gate summary requirements requirement scenarios scenario ambiguities ambiguity tolerances unchecked requests/sent
		level title feature file name line tags duration duration/s steps step exchanges exchange notes note attempts attempt
		keyword text expected request response curl method status proto headers header body truncated value reading
		behaviour traits plan totals services service all series generator thresholds threshold capacity stopped generators began
		users start/s number
		phases phase model open closed warmup warmup/s max/inflight timeout timeout/s transport verification shape rate rate/per/s params
		constant ramp spike sine fast planned sent unsent completed in/flight count error/share latency latency/s service/time
		min mean median max saturated reasons gc/count kind samples sample expression objective found upper held
		achieved achieved/per/s advice at/least bad/tokens blocked/s blocked/share bound breadth catch/up/requests cause censored censored/histograms
		confidence confidence/interval confirmed cpu/share curve fitted/share gc/pause/s gc/share health high high/per/s inflight/by/need
		late/requests latency/confidence/s latency/histogram latency/histograms limit looks lost lost/connections low/per/s lower/bound max/in/flight
		max/open/sockets max/queue/depth max/rss/bytes measured missed missed/share needed/in/flight no/rate not/asked p99/9 partly/checked
		preflight/attempts quota/cores receive/lag/p99/s receive/lag/s receive/lag/source requests requests/lost requests/retried run/delay/share
		schedule/lag/p99/s schedule/lag/s service/time/histogram service/time/s settle/s spoilt throttled/s throttled/share unclear unigate.run/v1
		unsent/reasons upper/per/s usable/cores warmup/attempts width/s zone/data
		kinds compared/share began/after/s clock/behind/s late/s limits prolonged part parts hashes data repeated start/at baseline hidden/s clock/offset/s whole index
		arrivals seed gateway/errors retried/status ticket waivers release repeat clean/histogram
		connections opened handshakes resumption resumptions per/connection mode reuse fresh connect/s connect/histogram
		tls/handshake/s tls/handshake/histogram first/byte/s first/byte/histogram
		login oauth token tokens access access/token user users username password passwords basic bearer authorization credentials secret secrets
		type active inactive expiry expires date time zone timezone format language message content application json text/plain html
		http https host path query location server cookie connection close length accept agent date/format time/zone
		monday tuesday wednesday thursday friday saturday sunday january february march april june july august september october november december
		minutes minute hours hour days day seconds second milliseconds bytes
		redacted this that with from when what which have been were does will would there their after before about because
		only more than least most same other others each every never always between without within against
		answer answers answered asked asks says said wrong right valid invalid missing empty found allowed refused reached
		run runs running record records check checks checked known unknown number numbers first last next
		test tests admin root localhost example default`) {
		m[w] = true
	}
	return m
}()
