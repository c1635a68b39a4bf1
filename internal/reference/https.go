package reference

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
)

// https returns a configuration with the embedded certificate and the TLS
// versions from lowest to highest; 0 is no bound.
func (s *signer) https(lowest, highest uint16) *tls.Config {
	return &tls.Config{
		MinVersion: lowest, MaxVersion: highest,
		Certificates: []tls.Certificate{{Certificate: [][]byte{s.cert.Raw}, PrivateKey: s.key, Leaf: s.cert}},
	}
}

// Certificate returns the embedded certificate as PEM. It is for localhost,
// 127.0.0.1 and ::1, and signs itself. Its key is public.
func (s *Service) Certificate() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.signer.cert.Raw})
}

// Roots returns a pool of the embedded certificate, for clients of an https service.
func (s *Service) Roots() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(s.signer.cert)
	return pool
}
