package cli_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/unigate/unigate/cmd/internal/cli"
	"github.com/unigate/unigate/internal/reference"
)

// outcome is what a run of the command line left.
type outcome struct {
	exit        int
	out, errors string
}

// all is everything that was printed.
func (o outcome) all() string { return o.out + o.errors }

// unigate runs the command line in an empty folder of its own, without the
// environment of the machine.
func unigate(t *testing.T, args ...string) outcome {
	t.Helper()
	return unigateEnv(t, nil, args...)
}

func unigateEnv(t *testing.T, env map[string]string, args ...string) outcome {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	var out, errs bytes.Buffer
	exit := cli.Run(ctx, args, cli.Streams{In: bytes.NewReader(nil), Out: &out, Err: &errs}, func(name string) (string, bool) {
		v, ok := env[name]
		return v, ok
	})
	return outcome{exit, out.String(), errs.String()}
}

// startReference starts a reference service for the test.
func startReference(t *testing.T, o reference.Options) *reference.Server {
	t.Helper()
	s, err := reference.New(o)
	if err != nil {
		t.Fatal(err)
	}
	v, err := s.Start(context.Background(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = v.Close() })
	return v
}

// configured writes a configuration and returns its path.
func configured(t *testing.T, text string) string {
	t.Helper()
	p := filepath.Join(t.TempDir(), "unigate.yaml")
	if err := os.WriteFile(p, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return p
}

// pki is an authority with certificates in files.
type pki struct {
	dir, ca string
	cert    *x509.Certificate
	key     *ecdsa.PrivateKey
}

func newPKI(t *testing.T) *pki {
	t.Helper()
	p := &pki{dir: t.TempDir()}
	p.cert = &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "unigate test authority"},
		NotBefore: time.Now().Add(-72 * time.Hour), NotAfter: time.Now().Add(72 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	var err error
	if p.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificate(rand.Reader, p.cert, p.cert, &p.key.PublicKey, p.key)
	if err != nil {
		t.Fatal(err)
	}
	p.ca = filepath.Join(p.dir, "ca.pem")
	p.write(t, p.ca, "CERTIFICATE", der)
	return p
}

// write writes a PEM file.
func (p *pki) write(t *testing.T, name, kind string, der []byte) {
	t.Helper()
	if err := os.WriteFile(name, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
}

// issue makes a certificate and its key, valid until then, as files and as a pair.
func (p *pki) issue(t *testing.T, name string, until time.Time) (pair tls.Certificate, certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: until,
		DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}, p.cert, &key.PublicKey, p.key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certFile, keyFile = filepath.Join(p.dir, name+".pem"), filepath.Join(p.dir, name+".key")
	p.write(t, certFile, "CERTIFICATE", der)
	p.write(t, keyFile, "EC PRIVATE KEY", keyDER)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, certFile, keyFile
}

// pool returns a pool with the authority alone.
func (p *pki) pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pem, err := os.ReadFile(p.ca)
	if err != nil || !pool.AppendCertsFromPEM(pem) {
		return nil
	}
	return pool
}
