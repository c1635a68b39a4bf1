package sheet_test

import (
	"testing"

	"github.com/unigate/unigate/reports/internal/sheet"
)

// TestEscapeMarkdownLinksNothing has what GitHub's Markdown makes links of by itself:
// its extended autolinks begin with www., http:// or https://.
func TestEscapeMarkdownLinksNothing(t *testing.T) {
	for in, want := range map[string]string{
		"see www.evil.example": "see www&#46;evil.example",
		"https://evil.example": "https:&#47;&#47;evil.example",
		"@octocat, #1":         `<span>@</span>octocat, <span>#</span>1`,
		"[a](b) <c> | `d`":     "\\[a\\](b) &lt;c&gt; \\| \\`d\\`",
	} {
		if got := sheet.EscapeMarkdown(in); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}
