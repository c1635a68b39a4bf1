package unifier_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"log"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"
)

// authority is a certificate authority made by a test.
type authority struct {
	t    *testing.T
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{t: t}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "unigate test authority"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	a.cert, a.key, _ = a.sign(template, nil)
	return a
}

// sign makes a key and a certificate for it, signed by the authority or by itself.
func (a *authority) sign(template *x509.Certificate, parent *authority) (*x509.Certificate, *ecdsa.PrivateKey, []byte) {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	signer, issuer := key, template
	if parent != nil {
		signer, issuer = parent.key, parent.cert
	}
	der, err := x509.CreateCertificate(rand.Reader, template, issuer, &key.PublicKey, signer)
	if err != nil {
		a.t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		a.t.Fatal(err)
	}
	return cert, key, der
}

// issue makes a certificate for a server on loopback or for a client;
// the name elsewhere is for a server that has no such address.
func (a *authority) issue(name string, notBefore, notAfter time.Time) tls.Certificate {
	a.t.Helper()
	ips := []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}
	if name == "elsewhere" {
		ips = nil
	}
	_, key, der := a.sign(&x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name}, NotBefore: notBefore, NotAfter: notAfter,
		DNSNames: []string{"localhost"}, IPAddresses: ips,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}, a)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// valid is issue with a validity around now.
func (a *authority) valid(name string) tls.Certificate {
	return a.issue(name, time.Now().Add(-time.Hour), time.Now().Add(time.Hour))
}

// pool returns a pool with the authority alone.
func (a *authority) pool() *x509.CertPool {
	p := x509.NewCertPool()
	p.AddCert(a.cert)
	return p
}

// quiet swallows what a test's server says.
var quiet = log.New(io.Discard, "", 0)

// longIssuer is a certificate for loopback whose issuer's name has some n bytes.
func longIssuer(t *testing.T, n int) tls.Certificate {
	t.Helper()
	a := &authority{t: t}
	names := make([]string, n/1000)
	for i := range names {
		names[i] = strings.Repeat("x", 1000)
	}
	a.cert, a.key, _ = a.sign(&x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "long", OrganizationalUnit: names},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}, nil)
	return a.valid("server")
}
