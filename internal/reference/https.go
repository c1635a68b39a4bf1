package reference

import (
	"crypto/tls"
	"crypto/x509"
	_ "embed"
	"encoding/pem"
	"fmt"
	"sync"
)

// developmentPEM holds the key of the service on https, and its certificate. Both are public.
//
//go:embed development.pem
var developmentPEM []byte

// development is the identity of the service on https, read once per process.
var development = sync.OnceValue(func() *identity {
	i, err := newIdentity(developmentPEM)
	if err != nil {
		panic(fmt.Sprintf("reference: the embedded certificate: %v", err)) // it is part of the program
	}
	return i
})

// https returns a configuration with the embedded certificate and the TLS
// versions from lowest to highest; 0 is no bound.
func https(lowest, highest uint16) *tls.Config {
	i := development()
	return &tls.Config{
		MinVersion: lowest, MaxVersion: highest,
		Certificates: []tls.Certificate{{Certificate: [][]byte{i.cert.Raw}, PrivateKey: i.key, Leaf: i.cert}},
	}
}

// Certificate returns the embedded certificate as PEM. It is for localhost,
// 127.0.0.1 and ::1, and signs itself. Its key is public.
func (s *Service) Certificate() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: development().cert.Raw})
}

// Roots returns a pool of the embedded certificate, for clients of an https service.
func (s *Service) Roots() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(development().cert)
	return pool
}
