package cli

import (
	"context"
	"net/http"
	"strings"

	"github.com/unigate/unigate/internal/unifier"
)

// asking is a service asked for a user of a type.
type asking struct {
	service unifier.Service
	user    unifier.UserType
}

// later asks the further services of the edition for a token of a user that got
// one, once for each type of users. Where nobody chose an edition, one call finds
// out whether the target has them: 404 or 405 says that it does not.
func (d *doctor) later(ctx context.Context, u unifier.User) {
	for _, s := range unifier.LaterServices(u.Type, d.t.chosenEdition()) {
		if key := (asking{s, u.Type}); ctx.Err() == nil && !d.asked[key] && !d.absent[s] {
			d.asked[key] = true
			d.laterAnswer(s, u, d.t.client.Do(ctx, tokenCall(s, u)))
		}
	}
}

// laterAnswer says what came of the call of a further service.
func (d *doctor) laterAnswer(s unifier.Service, u unifier.User, x unifier.Exchange) {
	const name = "service"
	open := d.t.openEdition()
	switch {
	case x.Err != nil:
		g := unifier.Diagnose(x.Err)
		d.fail(exitInconclusive, name, g.Hint, "the %s service: %s", s, g.Cause)
	case open && notThere(x.Status):
		d.absent[s] = true
		d.add(name, checkSkip, "", "the target has no %s (%d)", s.Name(), x.Status)
	case x.Status == http.StatusOK && tokenOf(x.Body) != "" && open && !d.in[s]:
		d.in[s] = true // the advice is given once
		d.add(name, checkOK, "target.edition chooses an edition that has it: "+strings.Join(s.Editions(), ", ")+"; unigate verify checks it then",
			"%s gets a token from the %s service too", u.Name, s)
	case x.Status == http.StatusOK && tokenOf(x.Body) != "":
		d.add(name, checkOK, "", "%s gets a token from the %s service too", u.Name, s)
	case open:
		d.add(name, checkWarn, "unigate verify with an edition that has it says more: "+strings.Join(s.Editions(), ", "),
			"%s gets no token from the %s service, which edition %s does not have (status %d)%s", u.Name, s, unifier.Edition217, x.Status, d.message(x))
	case x.Status == http.StatusOK && webPage(x):
		d.fail(exitFail, name, webPageHint, "%s gets a web page (200) from the %s service instead of a token", u.Name, s)
	default:
		d.fail(exitFail, name, "unigate verify will say more", "%s gets no token from the %s service, although others gave it one (status %d)%s", u.Name, s, x.Status, d.message(x))
	}
}
