package cli_test

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/unigate/unigate/cmd/internal/cli"
	"github.com/unigate/unigate/internal/unifier"
)

// TestServe runs serve until it is interrupted, which is its normal end.
func TestServe(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	out, in := io.Pipe()
	var stderr bytes.Buffer
	exit := make(chan int, 1)
	go func() {
		args := []string{"serve", "--listen", "127.0.0.1:0", "--prefix", "/acme", "--fault", "login-key-timezone"}
		exit <- cli.Run(ctx, args, cli.Streams{Out: in, Err: &stderr}, func(string) (string, bool) { return "", false })
		_ = in.Close()
	}()
	var text, curl string
	for lines := bufio.NewScanner(out); lines.Scan(); {
		text += lines.Text() + "\n"
		if strings.HasPrefix(lines.Text(), "  curl -u '$$unigate:Pr1mavera!' ") {
			curl = lines.Text()
		}
		if lines.Text() == "stop with Ctrl-C" {
			break
		}
	}
	for _, want := range []string{
		"the reference service (edition 21.7) answers at http://127.0.0.1:",
		"fault login-key-timezone: The member Timezone is spelt timezone.",
		"$$unigateoff", "switched-off", "inactive", unifier.OAuthPath,
		"Authorization: Bearer TOKEN' 'http://", // no markup, whose text would be taken for a secret
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the output lacks %q:\n%s", want, text)
		}
	}
	words := strings.Split(curl, "'")
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, words[len(words)-2], nil)
	if err != nil {
		t.Fatal(err)
	}
	req.SetBasicAuth("$$unigate", "Pr1mavera!")
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if err != nil || resp.StatusCode != http.StatusOK || !bytes.Contains(body, []byte(`"timezone":`)) {
		t.Errorf("%d %s %v", resp.StatusCode, body, err)
	}
	interrupt()
	_, _ = io.Copy(io.Discard, out)
	if status := <-exit; status != 0 || !strings.Contains(stderr.String(), "requests seen: 1") {
		t.Errorf("exit status %d, %s", status, &stderr)
	}
}
