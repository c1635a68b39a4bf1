package cli

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"github.com/unigate/unigate/internal/reference"
)

// On a system that takes no expiry, the two calls that find this out are logins like
// any other: their answers count.
func TestAnswersToTheProbesOfExpiryCount(t *testing.T) {
	service, err := reference.New(reference.Options{Variants: []string{"expiry-ignored"}})
	if err != nil {
		t.Fatal(err)
	}
	server, err := service.Start(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	base, _ := url.Parse(server.URL())
	for _, k := range []struct {
		name, query, old, new string
		status                int
		exit                  int
		says                  string
	}{
		{name: "as it should be", exit: 0, says: "PASS"},
		{name: "status as text, valid", query: "expiry=7", old: `"status":200`, new: `"status":"200"`, exit: 1, says: "LOGIN-03"},
		{name: "status as text, invalid", query: "expiry=0", old: `"status":200`, new: `"status":"200"`, exit: 1, says: "LOGIN-03"},
		{name: "201", query: "expiry=7", status: http.StatusCreated, exit: 1, says: "LOGIN-01"},
	} {
		t.Run(k.name, func(t *testing.T) {
			proxy := httputil.NewSingleHostReverseProxy(base)
			proxy.ModifyResponse = func(r *http.Response) error {
				if k.query == "" || r.Request.URL.RawQuery != k.query {
					return nil
				}
				b, err := io.ReadAll(r.Body)
				if err != nil {
					return err
				}
				b = bytes.ReplaceAll(b, []byte(k.old+","), []byte(k.new+","))
				b = bytes.ReplaceAll(b, []byte(k.old+"}"), []byte(k.new+"}"))
				r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(b)), int64(len(b))
				r.Header.Del("Content-Length")
				if k.status != 0 {
					r.StatusCode = k.status
				}
				return nil
			}
			front := httptest.NewUnstartedServer(proxy)
			front.Config.BaseContext = func(net.Listener) context.Context { return t.Context() }
			front.Start()
			defer front.Close()
			out, errs, exit := runCLI(t, "verify", "--config", keptConfig(t, front.URL), "--requirement", "LOGIN-01,LOGIN-03,LOGIN-08", "--quiet")
			if exit != k.exit || !strings.Contains(out, k.says) {
				t.Errorf("%d %s %s", exit, out, errs)
			}
		})
	}
}
