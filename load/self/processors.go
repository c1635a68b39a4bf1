package self

import "runtime"

// Processors sets on how many processors at once the code of this process runs. It is
// a setting of the whole process: one of these at a time may be in use.
type Processors struct{ set bool }

// Use lets code run on n processors.
func (p *Processors) Use(n int) {
	p.set = true
	runtime.GOMAXPROCS(n)
}

// Restore lets it run on as many again as the machine, and the quota, have.
func (p *Processors) Restore() {
	if p.set {
		runtime.SetDefaultGOMAXPROCS()
		p.set = false
	}
}
