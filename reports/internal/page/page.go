// Package page puts self-contained HTML pages together: one file, no network, and
// a content security policy that lets nothing run but what is in the page.
package page

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // for the assets
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"strings"
	"sync"
	"unicode"
	"unicode/utf16"

	"github.com/unigate/unigate/internal/printable"
)

var (
	//go:embed uplot/uPlot.iife.min.js
	uplotJS string
	//go:embed uplot/uPlot.min.css
	uplotCSS string
	//go:embed uplot/LICENSE
	uplotLicense string
	//go:embed assets/common.js
	commonJS string
	//go:embed assets/charts.js
	chartsJS string
	//go:embed assets/run.js
	runJS string
	//go:embed assets/page.css
	pageCSS string
)

// Page is what a page is made of.
type Page struct {
	Title string
	// Body is the content, made by html/template.
	Body template.HTML
	// Data is what the scripts draw from.
	Data any
}

// shell is the frame of every page.
var shell = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("page").Parse(`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{{.Policy}}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>{{.Title}}</title>
{{.Styles}}
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
{{.Body}}
{{.Data}}
{{.Scripts}}
</body>
</html>
`))
})

// Render returns the page.
func (p *Page) Render() ([]byte, error) {
	// encoding/json writes <, > and & as escapes, so nothing in the data can end
	// the element that holds it.
	data, err := json.Marshal(p.Data)
	if err != nil {
		return nil, err
	}
	styles, styleHashes := elements("style", uplotCSS, pageCSS)
	license := "/*! uPlot, https://github.com/leeoniya/uPlot\n" + strings.TrimSpace(uplotLicense) + "\n*/\n"
	scripts, scriptHashes := elements("script", license+uplotJS, commonJS, chartsJS, runJS)
	policy := fmt.Sprintf("default-src 'none'; script-src %s; style-src %s; img-src data:; base-uri 'none'; form-action 'none'",
		scriptHashes, styleHashes)
	var buf bytes.Buffer
	err = shell().Execute(&buf, map[string]any{
		"Title": p.Title, "Policy": policy, "Styles": styles, "Scripts": scripts, "Body": template.HTML(printable.Markup([]byte(p.Body))), //nolint:gosec // the template that made it escaped it
		"Data": template.HTML(`<script type="application/json" id="data">` + visible(printable.JSON(data)) + `</script>`), //nolint:gosec // escaped above
	})
	return buf.Bytes(), err
}

// visible writes invisible characters of JSON as escapes, so that a reader of the
// page's source is not misled by them.
func visible(data []byte) string {
	var b strings.Builder
	for _, r := range string(data) {
		if r < 0x80 || unicode.IsPrint(r) {
			b.WriteRune(r)
			continue
		}
		for _, unit := range utf16.Encode([]rune{r}) {
			fmt.Fprintf(&b, `\u%04x`, unit)
		}
	}
	return b.String()
}

// elements puts every text into an element of its own and returns their hashes as
// a source list.
func elements(name string, texts ...string) (template.HTML, string) {
	var b strings.Builder
	var hashes []string
	for _, t := range texts {
		sum := sha256.Sum256([]byte(t))
		hashes = append(hashes, "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'")
		fmt.Fprintf(&b, "<%s>%s</%s>\n", name, t, name)
	}
	return template.HTML(b.String()), strings.Join(hashes, " ") //nolint:gosec // our own files
}
