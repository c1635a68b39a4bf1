package load

import "time"

// demandSlots is into how many slots the time of an attack is cut to find out how many
// requests it would have had in flight: bounded memory, whatever its length.
const demandSlots = 1 << 14

// demand finds out how many requests an attack would have had in flight at most, had it had
// no in-flight limit: each from when it was due for as long as it would have taken.
// It is not safe for concurrent use.
type demand struct {
	width  time.Duration // of a slot
	change []int32       // of the number in flight, by slot of the due time and of the end
	total  time.Duration // that the requests took
	n      int64
}

// add counts a request of an attack of that length that was due then and would have taken so long.
func (d *demand) add(attack, due, took time.Duration) {
	if d.change == nil {
		d.width = max(attack/(demandSlots/2), time.Millisecond) // the other half is for what comes after the end
		d.change = make([]int32, demandSlots+1)
	}
	took = max(took, 0)
	d.n++
	d.total += took
	d.change[d.slot(due)]++
	d.change[d.slot(due+took)]--
}

// slot is the slot of a time; the last one takes all that is later.
func (d *demand) slot(at time.Duration) int {
	return int(min(max((at+d.width/2)/d.width, 0), demandSlots))
}

// typical is how long the requests took on average.
func (d *demand) typical() time.Duration {
	if d.n == 0 {
		return 0
	}
	return d.total / time.Duration(d.n)
}

// most returns how many were in flight at most.
func (d *demand) most() int {
	most, now := 0, 0
	for _, c := range d.change {
		now += int(c)
		most = max(most, now)
	}
	return most
}
