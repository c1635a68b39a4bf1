package steps

import (
	"context"
	"errors"
	"io"
	"strings"
	"syscall"

	"github.com/unigate/unigate/internal/oracle"
	"github.com/unigate/unigate/internal/unifier"
)

// fetchForm fetches a token with a form body beside the query. What comes of it is
// the business of the scenario alone.
func fetchForm(ctx context.Context, w *World, args []string) error {
	u, err := w.user()
	if err != nil {
		return err
	}
	c := w.run.validCall(serviceNamed(args[0]), u)
	c.call.Form, c.situation = "grant_type=client_credentials", formBody
	_, err = w.fetch(ctx, u, c)
	if x := w.refusedToAnswer(ctx, err, c.service); x != nil {
		id := c.service.Requirement(unifier.RuleFormBody, u.Type)
		return &mismatch{findings: []oracle.Finding{{
			Requirement: id, Rule: unifier.RuleFormBody, Kind: "no_answer", Expected: "an answer, as without a form body", Observed: "no answer: " + cause(x.Err),
			Detail: "user " + u.Name, Exchange: x,
		}}}
	}
	return err
}

// refusedToAnswer returns the exchange of a call that was made last and whose connection
// was ended without an answer, while the target still answers a plain GET; else nil.
func (w *World) refusedToAnswer(ctx context.Context, err error, service unifier.Service) *unifier.Exchange {
	x := w.evidence[len(w.evidence)-1].x
	if err == nil || x.Status != 0 || !dropped(x.Err) || w.run.interrupted() {
		return nil
	}
	if alive := w.run.send(ctx, nil, plainCall(service)); alive.reply.Status == 0 {
		return nil
	}
	return x
}

// fetchByToken asks for a token with a living one.
func fetchByToken(ctx context.Context, w *World, args []string) error {
	a, err := w.token("")
	if err != nil {
		return err
	}
	c := w.run.validCall(serviceNamed(args[0]), a.user)
	c.call.Authorization, c.sent, c.situation = []string{"Bearer " + a.judged.Token}, oracle.Sent{}, "living_token"
	b, err := w.fetch(ctx, a.user, c)
	if err != nil {
		return err
	}
	text := "a living token as Bearer is refused"
	if b.gotToken() {
		text = "a living token as Bearer gets a new one"
		if b.judged.Token == a.judged.Token {
			text = "a living token as Bearer gets the same one"
		}
	}
	w.run.read(oracle.Reading{Ambiguity: "A14", Reading: text})
	return nil
}

// fetchMethod calls with another method. That the target, or a firewall before
// it, ends the connection instead of answering is a way of giving no token, as
// long as the target still answers a plain GET.
func fetchMethod(ctx context.Context, w *World, args []string) error {
	u, err := w.user()
	if err != nil {
		return err
	}
	c := w.run.validCall(serviceNamed(args[0]), u)
	c.call.Method, c.situation = args[1], "method_"+strings.ToLower(args[1])
	_, err = w.fetch(ctx, u, c)
	if x := w.refusedToAnswer(ctx, err, c.service); x != nil {
		w.note("%s got no answer, and so no token: %s", args[1], cause(x.Err))
		w.answers = append(w.answers, &answer{service: c.service, user: u, exchange: *x, reply: oracle.ReplyOf(x), sent: c.sent})
		return nil
	}
	return err
}

// dropped reports whether an error is that the connection was closed, or that
// nothing came in time.
func dropped(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) ||
		errors.Is(err, syscall.EPIPE) || errors.Is(err, unifier.ErrNotRepeated) || unifier.Diagnose(err).Kind == "timeout"
}
