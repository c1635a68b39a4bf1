package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/unigate/unigate/internal/reference"
	"github.com/unigate/unigate/internal/unifier"
)

// serveFlags are the flags of serve.
type serveFlags struct {
	listen          string
	prefix          string
	faults          []string
	variants        []string
	listFaults      bool
	listVariants    bool
	allowRemote     bool
	publicPasswords bool
	https           bool
	certificate     bool

	capacity string
	delay    time.Duration
	stalls   []string
	mishaps  []string
}

// serveCommand runs the reference service until it is interrupted.
func (a *app) serveCommand() *cobra.Command {
	var o serveFlags
	c := &cobra.Command{
		Use:   "serve",
		Short: "Run the reference service",
		Long: `Run the embedded reference service, so that integrations can be developed and
unigate can be tried without a Unifier: the token services of V1, those of V2 in
the editions that have them, a resource that needs a token, and the key set of the
access tokens. The edition essentials is multi-tenant: its resources are below the
endpoint of an answer only, and want the answer's request_headers.

It prints its users with their passwords, which are public, and example
requests. Its signing key is public too. Therefore it listens on loopback
addresses only; any other one has to be asked for twice, with --allow-remote
and --accept-public-passwords.

It can have named faults (--fault, see --list-faults), be a conforming variant
that looks different (--variant, see --list-variants), and follow a script
(--capacity, --delay, --stall, --mishap) to show what load finds.

It runs until it is interrupted; that is its normal end, with exit status 0.

` + serveExitHelp,
		Example: `  unigate serve
  unigate serve --listen 127.0.0.1:9000 --edition 26
  unigate serve --edition essentials
  unigate serve --tls & unigate serve --print-certificate > ca.pem
  unigate serve --fault login-expiry-501-accepted
  unigate serve --capacity 400/s --stall 1s@10s --mishap 50=other-user`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.serve(cmd.Context(), o) },
	}
	f := c.Flags()
	f.StringVar(&o.listen, "listen", "127.0.0.1:8080", "listen on `HOST:PORT`; port 0 is a free one")
	f.StringVar(&o.prefix, "prefix", "", "`PATH` before the services' own, such as /acme/stage")
	f.StringArrayVar(&o.faults, "fault", nil, "have the fault `NAME` (repeatable)")
	f.StringArrayVar(&o.variants, "variant", nil, "be the conforming variant `NAME` (repeatable, where they can be combined)")
	f.BoolVar(&o.listFaults, "list-faults", false, "list the faults and the requirements that they break")
	f.BoolVar(&o.listVariants, "list-variants", false, "list the conforming variants")
	f.BoolVar(&o.allowRemote, "allow-remote", false, "listen where other machines can connect (needs --accept-public-passwords)")
	f.BoolVar(&o.publicPasswords, "accept-public-passwords", false, "with --allow-remote: anybody may log in, as all passwords are public")
	f.BoolVar(&o.https, "tls", false, "serve https with the embedded certificate, whose key is public")
	f.BoolVar(&o.certificate, "print-certificate", false, "print the embedded certificate, for clients to trust")
	f.StringVar(&o.capacity, "capacity", "", "serve at most `N/s` requests; the others wait in a queue")
	f.DurationVar(&o.delay, "delay", 0, "answer each request this much later")
	f.StringArrayVar(&o.stalls, "stall", nil, "answer nothing for a while: `LENGTH@START`, such as 1s@10s (repeatable)")
	f.StringArrayVar(&o.mishaps, "mishap", nil, "make a mishap of each N-th token request: `N=NAME`, such as 50=other-user (repeatable)")
	return c
}

// serveExitHelp is the exit statuses of serve.
const serveExitHelp = `Exit status:
  0    interrupted (Ctrl-C), which is how it ends, or the list was printed
  2    usage error
  3    the address can't be listened on, or unigate failed`

// serve runs the command.
func (a *app) serve(ctx context.Context, o serveFlags) error {
	if o.listFaults || o.listVariants {
		if err := a.checkOutput("text", "json"); err != nil {
			return err
		}
		return a.listCatalogue(o)
	}
	if err := a.checkOutput("text"); err != nil {
		return err
	}
	if a.shared.target != "" {
		return usage("unigate serve is a target itself; leave --target out", "serve has no target")
	}
	if o.certificate {
		return a.printCertificate()
	}
	script, err := o.script()
	if err != nil {
		return err
	}
	if err := o.checkAddress(); err != nil {
		return err
	}
	if err := cmp.Or(o.checkPrefix(), o.checkNames()); err != nil {
		return err
	}
	edition := a.shared.edition
	if e, err := editionNamed(edition); err == nil {
		edition = e.ID // a release, such as 23.10, stands for its edition
	}
	s, err := reference.New(reference.Options{
		Edition: edition, Prefix: o.prefix, HTTPS: o.https, Faults: o.faults, Variants: o.variants, Script: script,
	})
	if err != nil {
		return usage("see unigate serve --help", "%w", err)
	}
	v, err := s.Start(ctx, o.listen)
	if err != nil {
		return inconclusive("is another program listening there? --listen 127.0.0.1:0 takes a free port", "%w", err)
	}
	if err := a.introduce(v, o); err != nil {
		_ = v.Close()
		return err
	}
	if err := v.Wait(); err != nil {
		return inconclusive("", "the reference service ended: %w", err)
	}
	n := s.Requests()
	var seen strings.Builder
	for _, service := range unifier.ServicesIn(s.Edition()) {
		fmt.Fprintf(&seen, "%s %d, ", service, n.ByPath[service.Path()])
	}
	_, err = fmt.Fprintf(a.streams.Err, "stopped; requests seen: %d (%sresource %d, other %d)\n", n.All, seen.String(),
		n.ByPath[unifier.ResourcePath], n.ByPath[reference.OtherPaths])
	return err
}

// checkAddress refuses an address that other machines can reach unless it was asked for twice.
func (o serveFlags) checkAddress() error {
	host, port, err := net.SplitHostPort(o.listen)
	if _, e := strconv.ParseUint(port, 10, 16); err == nil && e != nil {
		err = fmt.Errorf("%q is no port: a number from 0 to 65535", port)
	}
	if err != nil {
		return usage("an address is for example 127.0.0.1:8080 or [::1]:8080", "--listen: %w", err)
	}
	ip := net.ParseIP(host)
	if strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback() || o.allowRemote && o.publicPasswords {
		return nil
	}
	return usage("its passwords and its signing key are public; if that is what you want, add --allow-remote and --accept-public-passwords",
		"--listen %s is not a loopback address, so other machines could connect", o.listen)
}

// plainPrefix is a path whose parts are written as they are.
var plainPrefix = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(?:/[\w~-][\w.~-]*)+/?$`) })

// checkPrefix refuses a prefix that would make no address.
func (o serveFlags) checkPrefix() error {
	if o.prefix == "" || o.prefix == "/" || plainPrefix().MatchString(o.prefix) {
		return nil
	}
	return usage("for example --prefix /acme/stage", "--prefix %q is not a path of parts with letters, digits and - . _ ~", o.prefix)
}

// checkNames checks the names of faults and of variants.
func (o serveFlags) checkNames() error {
	var faults, variants []string
	for _, f := range reference.Faults() {
		faults = append(faults, f.Name)
	}
	for _, v := range reference.Variants() {
		variants = append(variants, v.Name)
	}
	for _, name := range o.faults {
		if !slices.Contains(faults, name) {
			return usage(strings.TrimSpace(didYouMean("", name, faults)+" see unigate serve --list-faults"), "no fault is named %q", name)
		}
	}
	for _, name := range o.variants {
		if !slices.Contains(variants, name) {
			return usage(strings.TrimSpace(didYouMean("", name, variants)+" see unigate serve --list-variants"), "no variant is named %q", name)
		}
	}
	return nil
}

// script reads the flags of the script.
func (o serveFlags) script() (reference.Script, error) {
	s := reference.Script{Delay: o.delay}
	if o.capacity != "" {
		n, err := strconv.ParseFloat(strings.TrimSuffix(o.capacity, "/s"), 64)
		if err != nil || math.IsNaN(n) || n <= 0 || n > 1e6 {
			return s, usage("for example --capacity 400/s", "--capacity: %q is not a number of requests per second", o.capacity)
		}
		s.Capacity = n
	}
	if o.delay < 0 {
		return s, usage("for example --delay 50ms", "--delay: %s is negative", o.delay)
	}
	for _, text := range o.stalls {
		length, at, _ := strings.Cut(text, "@")
		l, err1 := time.ParseDuration(length)
		start, err2 := time.ParseDuration(at)
		if err1 != nil || err2 != nil || l <= 0 || start < 0 {
			return s, usage("for example --stall 1s@10s: one second long, ten seconds after the start", "--stall: %q is not a length and a start", text)
		}
		s.Stalls = append(s.Stalls, reference.Stall{At: start, For: l})
	}
	for _, text := range o.mishaps {
		number, name, _ := strings.Cut(text, "=")
		n, err := strconv.Atoi(number)
		if err != nil || n < 1 {
			return s, usage("for example --mishap 50=other-user", "--mishap: %q is not a number and a mishap", text)
		}
		m, err := reference.ParseMishap(name)
		if err != nil {
			return s, usage("for example --mishap 50=other-user", "--mishap: %w", err)
		}
		s.Every = append(s.Every, reference.Every{N: n, Do: m})
	}
	return s, nil
}

// catalogueEntry is a fault or a variant as --format json lists it.
type catalogueEntry struct {
	Name         string   `json:"name"`
	Kind         string   `json:"kind"` // "fault" or "variant"
	What         string   `json:"what"`
	Requirements []string `json:"requirements,omitempty"`
	Warns        []string `json:"warns,omitempty"`   // a variant's: what verify warns of
	Edition      string   `json:"edition,omitempty"` // the one that shows a fault, or the only one in which a variant is right
}

// listCatalogue prints the faults or the variants.
func (a *app) listCatalogue(o serveFlags) error {
	var entries []catalogueEntry
	if o.listFaults {
		for _, f := range reference.Faults() {
			entries = append(entries, catalogueEntry{Name: f.Name, Kind: "fault", What: f.Breaks, Requirements: f.Requirements, Edition: f.Edition})
		}
	}
	if o.listVariants {
		for _, v := range reference.Variants() {
			entries = append(entries, catalogueEntry{Name: v.Name, Kind: "variant", What: v.Differs, Warns: v.Warns, Edition: v.Edition})
		}
	}
	if a.shared.format == "json" {
		e := json.NewEncoder(a.document)
		e.SetIndent("", "  ")
		return e.Encode(entries)
	}
	w := tabwriter.NewWriter(a.streams.Out, 0, 0, 2, ' ', 0)
	for _, e := range entries {
		if e.Kind == "fault" {
			fmt.Fprintf(w, "%s\t%s\t%s\n", e.Name, strings.Join(e.Requirements, ","), e.What)
		} else {
			fmt.Fprintf(w, "%s\t%s\n", e.Name, e.What)
		}
	}
	return w.Flush()
}

// introduce says where the service is, who its users are and how to call it.
func (a *app) introduce(v *reference.Server, o serveFlags) error {
	base := v.URL()
	if _, err := fmt.Fprintf(a.streams.Out, "the reference service (edition %s) answers at %s\n", v.Service().Edition(), base); err != nil {
		return err
	}
	for _, name := range o.faults {
		f, _ := reference.FaultByName(name)
		fmt.Fprintf(a.streams.Out, "fault %s: %s\n", name, f.Breaks)
	}
	for _, name := range o.variants {
		v, _ := reference.VariantByName(name)
		fmt.Fprintf(a.streams.Out, "variant %s: %s\n", name, v.Differs)
	}
	if a.shared.quiet {
		return nil
	}
	return errors.Join(writeUsers(a.streams.Out, v.Service().Users()), writeExamples(a.streams.Out, base, v.Service()))
}

// writeUsers prints the table of users.
func writeUsers(out io.Writer, users []unifier.User) error {
	fmt.Fprint(out, "\nIts users; the passwords are public, for development only:\n\n")
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "USER\tPASSWORD\tTYPE\tSTATUS\tDURATION\tDATE FORMAT\tTIME ZONE")
	for _, u := range users {
		duration, format := u.Expiry.String(), "-"
		if u.Type != unifier.Basic {
			duration = "-"
		}
		if u.DateFormat != nil {
			format = u.DateFormat.Pattern
		}
		fmt.Fprintf(w, "%s\t%q\t%s\t%s\t%s\t%s\t%s\n", u.Name, u.Password.Reveal(), u.Type, u.Status, duration, format, u.Zone)
	}
	return w.Flush()
}

// writeExamples prints requests to try, with the first user of each type that a
// service gives tokens to.
func writeExamples(out io.Writer, base string, s *reference.Service) error {
	var err error
	curl := "curl"
	if strings.HasPrefix(base, "https:") {
		curl = "curl --cacert ca.pem" // see --print-certificate
	}
	fmt.Fprint(out, "\nTry:\n\n")
	for _, service := range unifier.ServicesIn(s.Edition()) {
		for _, t := range service.Users() {
			u := firstUser(s.Users(), t)
			_, err = fmt.Fprintf(out, "  %s -u %s %s\n", curl, shellQuote(u.Name+":"+u.Password.Reveal()), shellQuote(base+service.Path()))
		}
	}
	if s.Edition() == unifier.EditionEssentials {
		fmt.Fprintf(out, "  %s -H 'x-unifier-tenant: …' -H 'x-unifier-tenant-code: …' -H 'Authorization: Bearer TOKEN' %s\n", curl, shellQuote(base+"/{endpoint}"+unifier.ResourcePath))
	} else {
		fmt.Fprintf(out, "  %s -H 'Authorization: Bearer TOKEN' %s\n", curl, shellQuote(base+unifier.ResourcePath))
	}
	_, err2 := fmt.Fprintf(out, "  %s %s\n\nstop with Ctrl-C\n", curl, shellQuote(base+reference.JWKSPath))
	return errors.Join(err, err2)
}

// firstUser is the first user of a type.
func firstUser(users []unifier.User, t unifier.UserType) unifier.User {
	for _, u := range users {
		if u.Type == t {
			return u
		}
	}
	return unifier.User{}
}

// printCertificate prints the certificate of --tls.
func (a *app) printCertificate() error {
	s, err := reference.New(reference.Options{})
	if err != nil {
		return inconclusive("", "%w", err)
	}
	_, err = a.document.Write(s.Certificate())
	return err
}

// shellQuote quotes a word for a POSIX shell.
func shellQuote(word string) string { return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'" }
