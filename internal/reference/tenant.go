package reference

import (
	"strings"
)

// tenancy is a service for many tenants: an access token opens resources below
// an endpoint only, and only with the tenant's headers.
type tenancy struct {
	// only says that there are no resources elsewhere, for no kind of token.
	only bool
	// bare says that V1 writes the endpoint without its slash, as V2 does.
	bare bool
	// endpoint is the path of a user's tenant, without slashes around it.
	endpoint func(a *account) string
	// headers are the headers that calls for a user's tenant carry.
	headers func(a *account) object
	known   map[string]bool // the endpoints of all users, with a slash before
}

// The headers that name a tenant.
const (
	tenantHeader     = "x-unifier-tenant"
	tenantCodeHeader = "x-unifier-tenant-code"
)

// oneTenant makes the service multi-tenant, with one tenant.
func oneTenant(endpoint string, only bool) change {
	return manyTenants(only, func(*account) string { return endpoint }, func(*account) object {
		return object{{tenantHeader, tenant}, {tenantCodeHeader, "UNIGATE"}}
	})
}

// manyTenants makes the service multi-tenant, or moves the tenants of one that is.
func manyTenants(only bool, endpoint func(a *account) string, headers func(a *account) object) change {
	return func(s *Service, h *hooks) {
		t := &tenancy{only: only, endpoint: endpoint, headers: headers, known: map[string]bool{}}
		for _, a := range s.order {
			t.known["/"+endpoint(a)] = true
		}
		already := h.tenancy != nil
		h.tenancy = t
		if already {
			return
		}
		before := h.path
		h.path = func(x *exchange, path string) string { return s.hooks.tenancy.path(x, before(x, path)) }
		accepting(func(x *exchange, token string, g grant, ok bool) bool {
			t := s.hooks.tenancy
			return ok && (!t.only && isDB(token) || t.admits(x, g.account))
		})(s, h)
	}
}

// path takes the endpoint away from the path of a resource.
func (t *tenancy) path(x *exchange, path string) string {
	at := strings.Index(path, "/ws/rest/")
	if at > 0 && t.known[path[:at]] && isResource(path[at:]) {
		x.below = path[:at]
		return path[at:]
	}
	return path
}

// admits says whether a request is for the tenant of an account.
func (t *tenancy) admits(x *exchange, a *account) bool {
	if x.below != "/"+t.endpoint(a) {
		return false
	}
	for _, m := range t.headers(a) {
		if text, _ := m.value.(string); x.r.Header.Get(m.key) != text {
			return false
		}
	}
	return true
}

// lobby is V1's answer to Lobby accounts, made of the flat one.
func (t *tenancy) lobby(x *exchange, b object) object {
	endpoint := "/" + t.endpoint(x.account)
	if t.bare {
		endpoint = endpoint[1:]
	}
	seconds, _ := b.get("expires_in").(int64)
	return object{
		{"token", b.get("access_token")}, {"expire", text(seconds)},
		{"endpoint", endpoint}, {"request_headers", t.headers(x.account)},
	}
}

// v2 is what V2 has in data for an OAuth user of a tenant.
func (t *tenancy) v2(x *exchange) object {
	return object{
		{"endpoint", t.endpoint(x.account)}, {"access_token", x.token}, {"expires_in", shownSeconds(x)},
		{"request_headers", t.headers(x.account)},
	}
}
