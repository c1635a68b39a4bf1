package config

import _ "embed" // the starter file

// Starter is a commented configuration to begin with.
//
//go:embed starter.yaml
var Starter []byte
