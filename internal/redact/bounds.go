package redact

// The constants that decide what is a secret, and in which forms and pieces it is found.
// Lengths are in bytes, of folded text where that is searched. A test holds each of them
// from both of its sides.
const (
	// minSecret is the length below which a value is not replaced: it would mangle
	// unrelated text. Together with its user's name it always is.
	minSecret = 4
	// maxFigure is the length from which a text without letters is not taken for a
	// figure, a time or a date.
	maxFigure = 6
	// maxSecret is the length above which a secret is known as it is only.
	maxSecret = 32 << 10
	// maxWord is the length above which a secret is known like a token, by its pieces,
	// and maxEncoded that of its forms: base64 makes four characters of three bytes.
	maxWord    = 64
	maxEncoded = maxWord*4/3 + 4
	// minInHex is the length of a secret from which its hexadecimal digits stand for it.
	minInHex = 2 * minSecret
	// minCore is how many characters of base64 must depend on the secret alone for
	// them to stand for it: 36 bits do not occur by chance.
	minCore = 6

	// minPiece is how much of a token counts as a piece of it.
	minPiece = 11
	// stride is the distance of the places that are known of a token: a piece of
	// minPiece at least begins with one of them.
	stride = minPiece - blockSize + 1
	// wideStride is that of the forms of a token that are less likely.
	wideStride = 16
	// widestStride is that of the longest and least likely ones, the base64 of UTF-16:
	// pieces of 30 characters of a token are found in them.
	widestStride = 64
	// minTokenBegin and maxTokenBegin bound what is taken for the beginning of a
	// token where a text was cut, and minBegin is that of a secret of another kind:
	// below it any text would be one.
	minTokenBegin = 6
	maxTokenBegin = 24
	minBegin      = 3

	// minLearned and maxLearned bound the values that are learned from an answer, and
	// maxTokens how many of them, of its body and of its header fields.
	minLearned = 16
	maxLearned = 16 << 10
	maxTokens  = 16

	// maxName is how much of a name is looked at.
	maxName = 128
	// maxScheme is the length of the longest name of an authentication scheme.
	maxScheme = 12
	// minCredentials is the length from which what follows such a name is credentials.
	minCredentials = 6
	// maxAttributes is how long the attributes of an element of markup may be, with the
	// blank before them not counted.
	maxAttributes = 200

	// maxDecodings bounds how many escapes inside escapes are undone: JSON in JSON
	// in HTML in a URL has four.
	maxDecodings = 4
	// maxEntity is how many characters of an entity are looked at, without its semicolon:
	// the longest name of HTML has fewer. maxEscape is how far before the end of a text
	// that was cut an escape may begin.
	maxEntity = 34
	maxEscape = 8

	// maxLine bounds how much of a line without an end is held back.
	maxLine = 256 << 10
)
