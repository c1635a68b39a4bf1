// Command tokenserver answers right login replies as cheaply as it can, so that
// a benchmark of load generators measures them and not the server. It accepts
// any Basic credentials and prints its URL. With -queue it is a queue whose capacity
// is known in closed form.
package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"math/rand/v2"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/valyala/fasthttp"
)

// requests counts what was answered.
var requests atomic.Uint64

// heads holds the beginning of the token of each Authorization header.
var heads sync.Map

// validity is the part of a body that says until when the token is valid; it
// changes once a minute.
var validity atomic.Pointer[string]

func main() {
	rate := flag.Float64("queue", 0, "answer one request after another, as a queue that serves `N` a second on average with exponential service times; 0 for at once")
	seed := flag.Uint64("seed", 1, "of the service times")
	flag.Parse()
	answer := handle
	if *rate > 0 {
		answer = newQueue(*rate, *seed).handle
	}
	refresh()
	go func() {
		for range time.Tick(time.Second) {
			refresh()
		}
	}()
	var lc net.ListenConfig
	listener, err := lc.Listen(context.Background(), "tcp4", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Fprintf(os.Stdout, "http://%s\n", listener.Addr())
	server := &fasthttp.Server{Handler: answer, NoDefaultServerHeader: true, Logger: log.Default()}
	log.Fatal(server.Serve(listener))
}

// refresh computes the validity of tokens that are issued now: 180 days, in UTC.
func refresh() {
	at := time.Now().UTC().Add(180 * 24 * time.Hour)
	s := fmt.Sprintf(`{"expiryDate":%q,"Timezone":"(UTC) Coordinated Universal Time","expiryTime":%q,"status":200,"token":"`,
		at.Format("01/02/2006"), at.Format("01/02/2006 03:04 PM"))
	validity.Store(&s)
}

// handle answers a login, and /count with the number of logins.
func handle(ctx *fasthttp.RequestCtx) {
	if string(ctx.Path()) == "/count" {
		ctx.SetBodyString(strconv.FormatUint(requests.Load(), 10))
		return
	}
	authorization := ctx.Request.Header.Peek("Authorization")
	head, ok := heads.Load(string(authorization))
	if !ok {
		user, found := userOf(string(authorization))
		if !found {
			ctx.SetStatusCode(fasthttp.StatusUnauthorized)
			return
		}
		head = user
		heads.Store(string(authorization), head)
	}
	requests.Add(1)
	ctx.SetContentType("application/json")
	b := ctx.Response.BodyWriter()
	_, _ = b.Write([]byte(*validity.Load()))
	_, _ = b.Write([]byte(head.(string)))
	_, _ = b.Write(random())
}

// userOf returns the first two parts of the token of a user.
func userOf(authorization string) (string, bool) {
	basic, found := strings.CutPrefix(authorization, "Basic ")
	raw, err := base64.StdEncoding.DecodeString(basic)
	if !found || err != nil {
		return "", false
	}
	name, _, _ := strings.Cut(string(raw), ":")
	quoted, err := json.Marshal(name)
	if err != nil {
		return "", false
	}
	encode := base64.StdEncoding.EncodeToString
	return encode([]byte(`{"typ":"DB"}`)) + "." + encode([]byte(`{"username":`+string(quoted)+`}`)) + ".", true
}

const digits = "0123456789ABCDEF"

// random returns the third part of a token, and the end of the body.
func random() []byte {
	b := make([]byte, 0, 72)
	for len(b) < 68 {
		switch len(b) {
		case 8, 13, 18, 23:
			b = append(b, '-')
			continue
		}
		v := rand.Uint64() // #nosec G404 -- the tokens open nothing
		for range 4 {
			if n := len(b); n == 8 || n == 13 || n == 18 || n == 23 || n >= 68 {
				break
			}
			b = append(b, digits[v&15])
			v >>= 4
		}
	}
	return append(b, '"', '}')
}
