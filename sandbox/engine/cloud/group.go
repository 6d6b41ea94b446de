package cloud

import (
	"os/exec"
	"syscall"
)

// ownGroup keeps Ctrl-C from the emulator, which must outlive the engine: the engine finishes
// its running operations after Ctrl-C.
func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }
