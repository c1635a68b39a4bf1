package reference

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
	"strings"
	"sync"
	"time"
)

// tokenMaker makes and checks the third part of DB tokens. The part proves
// itself: its GUID is the encrypted end and serial number, its tail a MAC over
// user and GUID. So the service accepts exactly the tokens that it issued and
// remembers none of them; nobody can guess one from another (LOGIN-18).
type tokenMaker struct {
	block cipher.Block
	macs  sync.Pool
}

// newTokenMaker draws the keys, so that tokens end with the process at the latest.
func newTokenMaker() (*tokenMaker, error) {
	keys := make([]byte, 48)
	if _, err := rand.Read(keys); err != nil {
		return nil, fmt.Errorf("drawing the token keys: %w", err)
	}
	block, err := aes.NewCipher(keys[:16])
	if err != nil {
		return nil, err
	}
	return &tokenMaker{block: block, macs: sync.Pool{New: func() any { return hmac.New(sha256.New, keys[16:]) }}}, nil
}

// dbClaims is what a DB token says.
type dbClaims struct {
	until  time.Time // to the second
	serial uint64
}

// The third part is 8-4-4-4-12 digits of a GUID, then 32 more.
const (
	guidLength  = 36
	thirdLength = guidLength + 32
)

// make returns the third part for a user's token.
func (m *tokenMaker) make(user string, c dbClaims) string {
	var plain, guid [16]byte
	binary.BigEndian.PutUint64(plain[:8], uint64(c.until.Unix()))
	binary.BigEndian.PutUint64(plain[8:], c.serial)
	m.block.Encrypt(guid[:], plain[:])
	tail := m.mac(user, guid[:])
	const digits = "0123456789ABCDEF"
	out := make([]byte, 0, thirdLength)
	for i, c := range append(guid[:], tail[:16]...) {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			out = append(out, '-')
		}
		out = append(out, digits[c>>4], digits[c&15])
	}
	return string(out)
}

// check reads a third part and reports whether it was issued to the user.
func (m *tokenMaker) check(user, third string) (dbClaims, bool) {
	if len(third) != thirdLength || strings.ToUpper(third) != third {
		return dbClaims{}, false
	}
	for _, i := range []int{8, 13, 18, 23} {
		if third[i] != '-' {
			return dbClaims{}, false
		}
	}
	digits := third[:8] + third[9:13] + third[14:18] + third[19:23] + third[24:]
	b, err := hex.DecodeString(digits)
	if err != nil {
		return dbClaims{}, false
	}
	tail := m.mac(user, b[:16])
	if subtle.ConstantTimeCompare(tail[:16], b[16:]) != 1 {
		return dbClaims{}, false
	}
	var plain [16]byte
	m.block.Decrypt(plain[:], b[:16])
	seconds := int64(binary.BigEndian.Uint64(plain[:8]))
	return dbClaims{until: time.Unix(seconds, 0), serial: binary.BigEndian.Uint64(plain[8:])}, true
}

// mac returns the MAC over a user's name and a GUID.
func (m *tokenMaker) mac(user string, guid []byte) [sha256.Size]byte {
	h := m.macs.Get().(hash.Hash)
	defer m.macs.Put(h)
	h.Reset()
	h.Write(guid)
	h.Write([]byte(user))
	var sum [sha256.Size]byte
	h.Sum(sum[:0])
	return sum
}
