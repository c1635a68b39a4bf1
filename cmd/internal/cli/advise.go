package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/unigate/unigate/internal/unifier"
	"github.com/unigate/unigate/steps"
)

// adviseCommand says what one more user would let a run check.
func (a *app) adviseCommand() *cobra.Command {
	var breadth bool
	c := &cobra.Command{
		Use:   "advise",
		Short: "Say what one more user would let you check",
		Long: `Say what one more user, or one more key of the configuration, would let verify
check, best first by the risk of not checking it; the smallest set of users that
reaches every check of every requirement, as YAML to paste; and where each of
its keys is set in Unifier's Integration User form. Nothing is sent.

With --breadth the set reaches every date format, kind of zone, boundary of the
durations and kind of password too.

Exit status:
  0    it was shown
  2    usage or configuration error
  3    unigate failed`,
		Example: `  unigate advise
  unigate advise --config staging.yaml --breadth
  unigate advise --format json`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return a.advise(breadth) },
	}
	c.Flags().BoolVar(&breadth, "breadth", false, "reach what only widens a check too")
	return c
}

// advise runs the command.
func (a *app) advise(breadth bool) error {
	if err := a.checkOutput("text", "json"); err != nil {
		return err
	}
	o, name, err := a.configured()
	if err != nil {
		return err
	}
	list, err := steps.Advise(o)
	if err != nil {
		return usageOf(err)
	}
	set, err := steps.Smallest(o, breadth)
	if err != nil {
		return usageOf(err)
	}
	if a.shared.format == "json" {
		return adviseJSON(a.streams.Out, name, list, set)
	}
	p := &printer{w: a.streams.Out}
	switch len(list) {
	case 0:
		p.f("%s: the configured users reach every requirement that users can reach\n", name)
	default:
		p.f("What to add for %s, best first by risk\n\n", name)
	}
	for i, x := range list {
		p.f("%2d. %s\n", i+1, folded(x.String(), 76, "    "))
		if x.User != nil {
			p.f("      %s\n", userLine(*x.User, ""))
		} else if x.Key != "" {
			p.f("      target.%s: %s\n", x.Key, keyExample[x.Key])
		}
	}
	if len(set) > 0 {
		p.f("\nThe smallest set of users that reaches every %s: %d more. To paste below users:\n\n",
			map[bool]string{false: "check of every requirement", true: "scenario, breadth included"}[breadth], len(set))
		for _, u := range set {
			p.f("  %s\n", userLine(u, ""))
		}
		formFields(p)
	}
	if !breadth {
		p.f("\nunigate advise --breadth adds what only widens: date formats, zones, durations, passwords.\n")
	}
	return p.err
}

// keyExample is what a key looks like.
var keyExample = map[string]string{
	"resource": unifier.ResourcePath,
	"jwks":     "https://idcs-0123456789.identity.example/admin/v1/SigningCert/jwk",
}

// userLine is a user as a line of the configuration, with its password as it is
// referred to; where it is not, by a variable that is named after the user.
func userLine(u unifier.User, reference string) string {
	variable := strings.ToUpper(strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, strings.TrimPrefix(u.Name, unifier.IntegrationPrefix)))
	if reference == "" {
		reference = "${env:" + variable + "_PASSWORD}"
	}
	fields := []string{fmt.Sprintf("name: %q", u.Name), fmt.Sprintf("password: %q", reference)}
	if u.Type != unifier.Basic {
		fields = append(fields, "type: "+string(u.Type))
	}
	if u.Status == unifier.Inactive {
		fields = append(fields, "status: inactive")
	}
	if !u.Expiry.IsZero() {
		fields = append(fields, "expiry: "+u.Expiry.String())
	}
	if u.DateFormat != nil {
		fields = append(fields, "date_format: "+u.DateFormat.Pattern)
	}
	if u.Zone != "" {
		fields = append(fields, "time_zone: "+u.Zone)
	}
	if u.Language != "" {
		fields = append(fields, "language: "+u.Language)
	}
	line := "- {" + strings.Join(fields, ", ") + "}"
	if p := u.Password.Reveal(); p != "" && u.Password != steps.AdvisedPassword {
		line += " # its password holds " + oddIn(p)
	}
	return line
}

// oddIn says what is special about an advised password.
func oddIn(p string) string {
	var what []string
	if strings.Contains(p, ":") {
		what = append(what, "a colon")
	}
	if strings.Contains(p, "  ") {
		what = append(what, "two blanks in a row")
	}
	if strings.ContainsFunc(p, func(r rune) bool { return r >= 0x80 }) {
		what = append(what, "a letter beyond ASCII")
	}
	return strings.Join(what, " and ")
}

// formFields says where each key of a user is set in Unifier.
func formFields(p *printer) {
	p.f(`
Where each key is set in Unifier's Integration User form:

  name, password   User Name (it begins with $$) and Password
  status           Status: Active or Inactive
  expiry           Expiry Duration and its unit: Days, Hours or Minutes; leave the
                   key out where the form still has its default
  date_format      Date Format
  time_zone        Time Zone; the key takes the IANA name, such as Europe/Berlin
  language         Language
  type: oauth      an integration user of type OAuth, with the name and the password
                   of the identity domain
  type: ordinary   no integration user: any user of the company

No live integration may use these users: a fetch may end the token that it holds.
`)
}

// adviseJSON prints the advice for machines.
func adviseJSON(w io.Writer, target string, list []steps.Advice, set []unifier.User) error {
	type item struct {
		Add          string   `json:"add"`
		Why          string   `json:"why,omitempty"`
		YAML         string   `json:"yaml"`
		Lets         []string `json:"lets"`
		WithResource []string `json:"with_resource,omitempty"`
	}
	out := struct {
		Target string   `json:"target"`
		Advice []item   `json:"advice"`
		Users  []string `json:"users"`
	}{Target: target, Advice: []item{}, Users: []string{}}
	for _, x := range list {
		i := item{Add: x.Add, Why: x.Why, Lets: append([]string{}, x.Lets...), WithResource: x.WithResource}
		if x.User != nil {
			i.YAML = userLine(*x.User, "")
		} else {
			i.YAML = x.Key + ": " + keyExample[x.Key]
		}
		out.Advice = append(out.Advice, i)
	}
	for _, u := range set {
		out.Users = append(out.Users, userLine(u, ""))
	}
	return writeIndented(w, out)
}

// folded breaks a text into lines of about width characters, with lead before all but the first.
func folded(text string, width int, lead string) string {
	var b strings.Builder
	column := 0
	for _, word := range strings.Fields(text) {
		switch n := len([]rune(word)); {
		case column > 0 && column+1+n > width:
			b.WriteString("\n" + lead)
			column = n
		case column > 0:
			b.WriteString(" ")
			column += 1 + n
		default:
			column = n
		}
		b.WriteString(word)
	}
	return b.String()
}
