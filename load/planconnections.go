package load

import (
	"slices"

	"github.com/goccy/go-yaml/ast"

	"github.com/unigate/unigate/load/wire"
)

// PlanConnections is what a plan file says of connections; nil stands for nothing.
type PlanConnections struct {
	PerConnection *int
	NoResumption  *bool
	HTTP          *string
}

// Set overwrites what the plan file says.
func (p PlanConnections) Set(c *Connections) {
	if p.PerConnection != nil {
		c.PerConnection = *p.PerConnection
	}
	if p.NoResumption != nil {
		c.NoResumption = *p.NoResumption
	}
	if p.HTTP != nil {
		c.HTTP = *p.HTTP
	}
}

// connections returns what the document says of them.
func (d *planDocument) connections() PlanConnections {
	return PlanConnections{PerConnection: (*int)(d.Connections), NoResumption: (*bool)(d.Resumption), HTTP: (*string)(d.HTTP)}
}

// uses is how many requests a connection serves.
type uses int

// UnmarshalYAML reads reuse, fresh, or a number of requests.
func (u *uses) UnmarshalYAML(node ast.Node) error {
	n, err := ParseConnections(scalar(node))
	if err != nil {
		return wrongValue(node, "%q is no use of connections: reuse, fresh, or a number of requests for each", scalar(node))
	}
	*u = uses(n)
	return nil
}

// onOff is whether TLS sessions are not resumed.
type onOff bool

// UnmarshalYAML reads on or off, also as YAML's true and false.
func (o *onOff) UnmarshalYAML(node ast.Node) error {
	switch scalar(node) {
	case "on", "true":
		*o = false
	case "off", "false":
		*o = true
	default:
		return wrongValue(node, "%q is neither on nor off", scalar(node))
	}
	return nil
}

// version is that of HTTP.
type version string

// UnmarshalYAML reads the version.
func (v *version) UnmarshalYAML(node ast.Node) error {
	if !slices.Contains([]string{wire.Auto, wire.HTTP1, wire.HTTP2}, scalar(node)) {
		return wrongValue(node, "%q is no version of HTTP: auto, 1.1 or 2", scalar(node))
	}
	*v = version(scalar(node))
	return nil
}
