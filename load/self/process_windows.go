package self

import (
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

// memoryInfo is PROCESS_MEMORY_COUNTERS of the Windows API.
type memoryInfo struct {
	size, pageFaults              uint32
	peakWorkingSet, workingSet    uintptr
	peakPagedPool, pagedPool      uintptr
	peakNonPagedPool, nonPaged    uintptr
	pagefileUsage, peakPagefileUs uintptr
}

// getProcessMemoryInfo is in kernel32 since Windows 7.
var getProcessMemoryInfo = windows.NewLazySystemDLL("kernel32.dll").NewProc("K32GetProcessMemoryInfo")

// process returns the processor time and the working set of this process, 0 for what
// is not known. Windows counts the time in ticks of its clock, some 16 ms each.
func process() (cpu time.Duration, rss uint64) {
	this := windows.CurrentProcess()
	var created, exited, kernel, user windows.Filetime
	if err := windows.GetProcessTimes(this, &created, &exited, &kernel, &user); err == nil {
		cpu = span(kernel) + span(user)
	}
	info := memoryInfo{size: uint32(unsafe.Sizeof(memoryInfo{}))}
	if getProcessMemoryInfo.Find() != nil {
		return cpu, 0
	}
	if ok, _, _ := getProcessMemoryInfo.Call(uintptr(this), uintptr(unsafe.Pointer(&info)), uintptr(info.size)); ok != 0 {
		rss = uint64(info.workingSet)
	}
	return cpu, rss
}

// span reads a length of time, in steps of 100 ns; Filetime.Nanoseconds would take it for a date.
func span(t windows.Filetime) time.Duration {
	return time.Duration(uint64(t.HighDateTime)<<32|uint64(t.LowDateTime)) * 100 //nolint:gosec // some centuries fit
}
