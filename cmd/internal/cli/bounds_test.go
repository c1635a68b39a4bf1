package cli_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"flag"
	"io"
	"log"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// written is all that a command said and wrote.
func written(t *testing.T, o outcome, dir string) (text string, files int) {
	t.Helper()
	text = o.all()
	list, _ := filepath.Glob(filepath.Join(dir, "*"))
	for _, f := range list {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		text += string(b)
	}
	return text, len(list)
}

// An answer with as many header fields as are read makes a record that report
// still reads.
func TestManyHeaderFieldsStayReadable(t *testing.T) {
	base := hostileServer(t, answers(200, strings.Repeat("a:\r\n", 50_000), "{}"))
	out := filepath.Join(t.TempDir(), "out")
	o := unigate(t, "verify", "--requirement", "LOGIN-01,LOGIN-02", "--out", out, "--config", configured(t, "target: {base_url: '"+base+"'}\n"+
		"users: [{name: $$a, password: first-secret-word}]\n"))
	if o.exit != 1 && o.exit != 3 {
		t.Fatalf("exit %d\n%.2000s", o.exit, o.all())
	}
	text, files := written(t, o, out)
	if files < 5 || len(text) > 4<<20 {
		t.Errorf("%d files and the terminal have %d bytes", files, len(text))
	}
	if !strings.Contains(text, "more fields are not shown") {
		t.Error("nothing says that fields were left out")
	}
	r := unigate(t, "report", filepath.Join(out, "run.json"))
	if r.exit != o.exit || !strings.Contains(r.out, "LOGIN-0") {
		t.Errorf("report: exit %d, verify's was %d\n%.2000s", r.exit, o.exit, r.all())
	}
}

// A certificate may have names of any length: no command says them whole.
func TestLongNamesOfCertificatesAreCutInEveryOutput(t *testing.T) {
	const word = "longissuer"
	for name, trusted := range map[string]bool{"an untrusted issuer": false, "other names": true} {
		t.Run(name, func(t *testing.T) {
			pair, pemFile := longCertificate(t, word)
			server := httptest.NewUnstartedServer(http.NotFoundHandler())
			server.Config.ErrorLog = log.New(io.Discard, "", 0)
			server.TLS = &tls.Config{Certificates: []tls.Certificate{pair}}
			server.StartTLS()
			defer server.Close()
			trust := ""
			if trusted {
				trust = ", tls: {ca_file: '" + pemFile + "'}"
			}
			config := configured(t, "target: {base_url: '"+server.URL+"'"+trust+"}\nusers: [{name: $$a, password: first-secret-word}]\n")
			for _, args := range [][]string{{"verify"}, {"doctor"}, {"load", "--rate", "5/s", "--duration", "1s"}} {
				out := filepath.Join(t.TempDir(), "out")
				args = append(args, "--config", config)
				if args[0] != "doctor" {
					args = append(args, "--out", out)
				}
				o := unigate(t, args...)
				if o.exit != 3 {
					t.Errorf("%s: exit %d\n%.1000s", args[0], o.exit, o.all())
				}
				text, _ := written(t, o, out)
				if n := strings.Count(text, word) * len(word); n > 60_000 {
					t.Errorf("%s: %d bytes of the certificate's names", args[0], n)
				}
				if !strings.Contains(text, "certificate") {
					t.Errorf("%s does not say that the certificate is the matter\n%.1000s", args[0], o.all())
				}
			}
		})
	}
}

// longCertificate makes a certificate of its own authority with 60 KB of names,
// none of which is loopback's.
func longCertificate(t *testing.T, word string) (pair tls.Certificate, pemFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	units, names := make([]string, 300), make([]string, 500)
	for i := range units {
		units[i] = strings.Repeat(word, 10)
	}
	for i := range names {
		names[i] = strings.Repeat(word, 5) + ".example"
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: word, OrganizationalUnit: units}, DNSNames: names,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	pemFile = filepath.Join(t.TempDir(), "long.pem")
	(&pki{}).write(t, pemFile, "CERTIFICATE", der)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pemFile
}

// alone reports whether the test has its process for itself, and otherwise runs it in
// one that does: what other tests of the package hold is none of its memory.
func alone(t *testing.T) bool {
	t.Helper()
	const mark = "TEST_IN_A_PROCESS_OF_ITS_OWN"
	if os.Getenv(mark) != "" {
		return true
	}
	//nolint:gosec // this test binary
	c := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^"+t.Name()+"$", "-test.v", "-test.short="+flag.Lookup("test.short").Value.String())
	c.Env = append(os.Environ(), mark+"=1")
	text, err := c.CombinedOutput()
	if err != nil || !bytes.Contains(text, []byte("of memory were in use at most")) {
		t.Errorf("%v\n%s", err, text)
	}
	return false
}

// boundHeap fails the test where more than 400 MB of memory were in use meanwhile.
func boundHeap(t *testing.T) {
	t.Helper()
	const most = 400 << 20
	stop, peak := make(chan struct{}), make(chan uint64)
	go func() {
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		top := uint64(0)
		for m := (runtime.MemStats{}); ; {
			runtime.ReadMemStats(&m)
			top = max(top, m.HeapInuse)
			select {
			case <-stop:
				peak <- top
				return
			case <-tick.C:
			}
		}
	}()
	t.Cleanup(func() {
		close(stop)
		if n := <-peak; n > most {
			t.Errorf("%d MB of memory were in use", n>>20)
		} else {
			t.Logf("%d MB of memory were in use at most", n>>20)
		}
	})
}
