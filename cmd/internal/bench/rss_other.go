//go:build !unix

package main

import "os"

// maxRSS knows nothing on this system.
func maxRSS(*os.ProcessState) int64 { return 0 }
