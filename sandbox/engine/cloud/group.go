package cloud

import (
	"os/exec"
	"syscall"
)

// ownGroup keeps Ctrl-C from the emulator: it has to outlive the engine, which
// on Ctrl-C finishes what it has begun.
func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }
