package redact

// tree is a radix tree of the forms of all secrets. A secret is added without
// rebuilding anything.
type tree struct {
	root node
	// pairs has a bit for each pair of bytes with which a form begins; most
	// positions of a text are dismissed by one look at it.
	pairs  [1 << 16 / 64]uint64
	firsts [256]bool
	size   int
}

type node struct {
	label string // of the edge that leads here
	end   bool   // a form ends here
	next  []*node
}

// add adds a form of at least two bytes.
func (t *tree) add(s string) {
	p := uint(s[0])<<8 | uint(s[1])
	t.pairs[p/64] |= 1 << (p % 64)
	t.firsts[s[0]] = true
	n := &t.root
	for s != "" {
		child := n.child(s[0])
		if child == nil {
			n.next = append(n.next, &node{label: s, end: true})
			t.size++
			return
		}
		common := commonPrefix(child.label, s)
		if common < len(child.label) {
			child.split(common)
		}
		n, s = child, s[common:]
	}
	if !n.end {
		n.end = true
		t.size++
	}
}

// child returns the child whose edge begins with c.
func (n *node) child(c byte) *node {
	for _, k := range n.next {
		if k.label[0] == c {
			return k
		}
	}
	return nil
}

// split cuts the edge to n after at bytes.
func (n *node) split(at int) {
	rest := &node{label: n.label[at:], end: n.end, next: n.next}
	n.label, n.end, n.next = n.label[:at], false, []*node{rest}
}

// commonPrefix returns the length of the common prefix.
func commonPrefix(a, b string) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}

// may reports whether a form may begin at text[i].
func (t *tree) may(text string, i int) bool {
	if i+1 == len(text) {
		return t.firsts[text[i]]
	}
	p := uint(text[i])<<8 | uint(text[i+1])
	return t.pairs[p/64]&(1<<(p%64)) != 0
}

// match returns the length of the longest form with which text begins, 0 for
// none. more says that text ends inside a form, so that a longer text might
// begin with a longer form.
func (t *tree) match(text string) (length int, more bool) {
	n, done := &t.root, 0
	for {
		if n.end {
			length = done
		}
		rest := text[done:]
		if rest == "" {
			return length, len(n.next) > 0
		}
		n = n.child(rest[0])
		if n == nil {
			return length, false
		}
		common := commonPrefix(n.label, rest)
		if common < len(n.label) {
			return length, common == len(rest)
		}
		done += common
	}
}
