package reference

import (
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"math/big"
)

// identity is an RSA key with its certificate.
type identity struct {
	key  *rsa.PrivateKey
	cert *x509.Certificate
}

// newIdentity reads a PKCS #8 key and a certificate from PEM blocks.
func newIdentity(data []byte) (*identity, error) {
	i := &identity{}
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		if err := i.read(block); err != nil {
			return nil, err
		}
	}
	if i.key == nil || i.cert == nil {
		return nil, errors.New("an RSA key and its certificate are needed")
	}
	return i, nil
}

// read takes over one PEM block.
func (i *identity) read(block *pem.Block) error {
	if block.Type == "CERTIFICATE" {
		cert, err := x509.ParseCertificate(block.Bytes)
		i.cert = cert
		return err
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return err
	}
	var ok bool
	if i.key, ok = key.(*rsa.PrivateKey); !ok {
		return errors.New("not an RSA key")
	}
	return nil
}

// primes signs with a key of any number of primes by the Chinese remainder theorem,
// which crypto/rsa uses for two primes only: with many short ones a signature costs
// a fraction. It is not for secret keys, since its time depends on the key.
type primes struct {
	n    *big.Int
	each []primePart
}

// primePart is what one prime adds to a signature: (m^exponent mod prime) · factor.
type primePart struct{ prime, exponent, factor *big.Int }

// primesOf prepares a key.
func primesOf(key *rsa.PrivateKey) *primes {
	p := &primes{n: key.N}
	one := big.NewInt(1)
	for _, prime := range key.Primes {
		others := new(big.Int).Div(key.N, prime)
		factor := new(big.Int).ModInverse(others, prime)
		p.each = append(p.each, primePart{
			prime: prime, exponent: new(big.Int).Mod(key.D, new(big.Int).Sub(prime, one)), factor: factor.Mul(factor, others),
		})
	}
	return p
}

// sha256Prefix is the DigestInfo of SHA-256 up to the digest (RFC 8017, section 9.2, note 1).
var sha256Prefix = []byte{0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20}

// sign returns the RSASSA-PKCS1-v1_5 signature of a digest (RFC 8017, section 8.2.1).
func (p *primes) sign(digest [sha256.Size]byte) []byte {
	encoded := make([]byte, (p.n.BitLen()+7)/8)
	end := len(encoded) - len(digest) - len(sha256Prefix)
	encoded[1] = 1
	for i := 2; i < end-1; i++ {
		encoded[i] = 0xff
	}
	copy(encoded[end:], sha256Prefix)
	copy(encoded[end+len(sha256Prefix):], digest[:])
	m, sum, part := new(big.Int).SetBytes(encoded), new(big.Int), new(big.Int)
	for _, e := range p.each {
		part.Exp(part.Mod(m, e.prime), e.exponent, e.prime)
		sum.Add(sum, part.Mul(part, e.factor))
	}
	return sum.Mod(sum, p.n).FillBytes(encoded)
}
